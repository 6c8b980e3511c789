package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A stage is how far the delivery of a notice has come.
type stage string

const (
	pending stage = "pending" // to be sent when due
	sending stage = "sending" // sent perhaps: the outcome is unknown until recorded
	sent    stage = "sent"
	moot    stage = "moot" // overtaken: nobody needs it any more
	dead    stage = "dead" // given up after too many tries
)

// finished reports whether nothing is left to be done.
func (s stage) finished() bool { return s == sent || s == moot || s == dead }

// A record is the row of one notice. It is the ledger's own twin of Notice
// and says what became of it. All its times are by the ledger's clock, for the
// clocks of two machines may differ.
type record struct {
	Notice Notice `json:"notice"` // of a page: what it shows now
	Stage  stage  `json:"stage"`

	// Wait is how long after its last write the row is due: to be sent, to be
	// looked up, at last to be deleted.
	Wait time.Duration `json:"wait,omitempty"`

	// Written is when the notice was written, SendingSince when it was first
	// marked as sending. Whoever reads the row next fills them in.
	Written      time.Time `json:"written,omitzero"`
	SendingSince time.Time `json:"sendingSince,omitzero"`

	Tries     int    `json:"tries,omitempty"`
	Uncertain bool   `json:"uncertain,omitempty"` // a send had an unknown outcome
	Spent     bool   `json:"spent,omitempty"`     // it was taken for a repetition
	LastError string `json:"lastError,omitempty"`

	Receipt Receipt `json:"receipt,omitzero"`

	// Of an announcement: which version its page shows, the newest that it
	// may show as well, who may be changing that, for a lease from the row's
	// last write on, whether it can be changed no more, and why it was made,
	// where it shows another reason now.
	Rendered  int64  `json:"rendered,omitempty"`
	Attempted int64  `json:"attempted,omitempty"`
	Editor    string `json:"editor,omitempty"`
	Fixed     bool   `json:"fixed,omitempty"`
	Made      string `json:"made,omitempty"`

	entry  ledger.Ref    // as last read or written
	waited time.Duration // since it was written, when it was read
	leased time.Time     // before we took the lease; only to measure what has passed since
}

// due reports whether the row was due when it was read.
func (r *record) due() bool { return r.entry.Age >= r.Wait }

// listed is when a row appears among those that are due. While there is
// something to do that is always, whatever the reader's clock says: [record.due]
// decides.
func (d *Delivery) listed(r record) time.Time {
	if r.Stage.finished() {
		return d.now().Add(r.Wait)
	}
	return time.Unix(0, 0).UTC()
}

// errLost reports that a row could not be used. For a while it stays, so that
// what needs it waits until a pass has restored it.
var errLost = fmt.Errorf("its row could not be used: %w", ledger.ErrNotFound)

const lostFor = 10 * time.Minute

// get returns the record of a notice, or ErrNotFound of package ledger.
func (d *Delivery) get(ctx context.Context, key string) (*record, error) {
	row, err := d.notices().Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return d.fromRow(ctx, row)
}

// fromRow returns what a row holds.
func (d *Delivery) fromRow(ctx context.Context, row ledger.Row[record]) (*record, error) {
	r := row.Value
	r.entry = row.Ref
	switch {
	case r.Stage == "" && row.Age < lostFor:
		return &r, errLost
	case r.Stage == "":
		if err := d.notices().Delete(ctx, r.entry); err != nil {
			d.Log.WarnContext(ctx, "row of a lost notice stays", "notice", row.Key, "err", err)
		}
		return nil, ledger.ErrNotFound
	}
	if r.Written.IsZero() {
		r.Written = row.Written
	}
	if r.Stage == sending && r.SendingSince.IsZero() {
		r.SendingSince = row.Written
	}
	r.waited = row.Written.Add(row.Age).Sub(r.Written)
	return &r, nil
}

// write stores the record. It is false if the row was changed concurrently.
func (d *Delivery) write(ctx context.Context, r *record) (bool, error) {
	r.entry.Due = d.listed(*r)
	stored, err := d.notices().Save(ctx, ledger.Row[record]{Ref: r.entry, Value: *r})
	if err == nil {
		r.entry = stored.Ref
		return true, nil
	}
	if ledger.Conflict(err) {
		return false, nil
	}
	return false, fmt.Errorf("write record: %w", err)
}

// lasting is a context for writing down what has happened: that is done even
// when the invocation is over.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}
