package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// A stage is how far the delivery of a notice has come.
type stage string

const (
	lost      stage = ""        // the row could not be used and was emptied
	pending   stage = "pending" // to be sent when due
	sending   stage = "sending" // may have been sent: the outcome is unknown until stored
	sent      stage = "sent"
	obsolete  stage = "obsolete"  // nobody needs it any more
	abandoned stage = "abandoned" // given up after too many tries
)

// finished reports whether nothing is left to be done.
func (s stage) finished() bool { return s == sent || s == obsolete || s == abandoned }

// A record is the row of one notice and says what became of it. All its times
// are by the ledger's clock, for the clocks of two machines may differ.
type record struct {
	Notice notify.Notice `json:"notice"` // of a page: what it shows now
	Stage  stage         `json:"stage"`

	// Wait is how long after its last write the row is due: to be sent, to be
	// looked up, at last to be deleted.
	Wait time.Duration `json:"wait,omitempty"`

	// Written is when the notice was written, SendingSince when it was first
	// marked as sending. Whoever reads the row next fills them in.
	Written      time.Time `json:"written,omitzero"`
	SendingSince time.Time `json:"sendingSince,omitzero"`

	Tries     int    `json:"tries,omitempty"`
	Uncertain bool   `json:"uncertain,omitempty"` // a send had an unknown outcome
	Duplicate bool   `json:"duplicate,omitempty"` // the channel took it for a repetition
	LastError string `json:"lastError,omitempty"`

	Receipt notify.Receipt `json:"receipt,omitzero"`

	// Of a page: the version it shows, the newest version it may show as well,
	// who may be changing that, for a lease from the row's last write on,
	// whether it can no longer be changed, and why it was posted, where it
	// shows another reason now.
	Shown      int64  `json:"shown,omitempty"`
	Attempted  int64  `json:"attempted,omitempty"`
	Editor     string `json:"editor,omitempty"`
	Uneditable bool   `json:"uneditable,omitempty"`
	PostedFor  string `json:"postedFor,omitempty"`

	ref     ledger.Ref    // as last read or written
	age     time.Duration // since it was written, when it was read
	retryAt time.Time     // by our clock: not to be looked at before
}

// due reports whether the row was due when it was read.
func (r *record) due() bool { return r.ref.Age >= r.Wait }

// lostFor is how long an emptied row stays, so that what needs it waits until
// a pass has restored it.
const lostFor = 10 * time.Minute

// rows are the notices in the ledger.
type rows struct {
	ledger.Table[record]
	now func() time.Time
}

func (d *Delivery) rows() rows {
	return rows{ledger.Table[record]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "notices", Shape: 2}, d.now}
}

// get returns the record of a notice, or ErrNotFound of package ledger.
func (t rows) get(ctx context.Context, key string) (*record, error) {
	row, err := t.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return t.read(ctx, row)
}

// read returns what a row holds.
func (t rows) read(ctx context.Context, row ledger.Row[record]) (*record, error) {
	r := row.Value
	r.ref = row.Ref
	if r.Stage == lost && row.Age >= lostFor {
		if err := t.Delete(ctx, r.ref); err != nil {
			t.Log.WarnContext(ctx, "lost notice not deleted", "notice", row.Key, "err", err)
		}
		return nil, ledger.ErrNotFound
	}
	if r.Written.IsZero() {
		r.Written = row.Written
	}
	if r.Stage == sending && r.SendingSince.IsZero() {
		r.SendingSince = row.Written
	}
	r.age = row.Written.Add(row.Age).Sub(r.Written)
	return &r, nil
}

// insert returns the record of a notice that is new, nil if its key exists.
func (t rows) insert(ctx context.Context, n notify.Notice) (*record, error) {
	r := &record{Notice: bounded(n), Stage: pending, ref: ledger.Ref{Key: n.Key}}
	err := t.store(ctx, r)
	switch {
	case errors.Is(err, ledger.ErrExists):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("write notice %s: %w", n.Key, err)
	}
	return r, nil
}

// save stores the record unless another process changed it: then it returns
// false.
func (t rows) save(ctx context.Context, r *record) (bool, error) {
	err := t.store(ctx, r)
	if ledger.Conflict(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("update notice %s: %w", r.ref.Key, err)
	}
	return true, nil
}

// store writes the record. A row that is not finished is listed as due from
// the beginning of time, whatever the reader's clock says: [record.due] decides.
func (t rows) store(ctx context.Context, r *record) error {
	r.ref.Due = time.Unix(0, 0).UTC()
	if r.Stage.finished() {
		r.ref.Due = t.now().Add(r.Wait)
	}
	row, err := t.Save(ctx, ledger.Row[record]{Ref: r.ref, Value: *r})
	if err == nil {
		r.ref = row.Ref
	}
	return err
}

// detached is a context for storing what has happened: that is done even when
// the invocation is over.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}
