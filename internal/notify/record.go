package notify

import (
	"context"
	"encoding/json"
	"errors"
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
// and says what became of it. Its Due is when to look at it again: to send it,
// to look up what its last sender may have left, at last to delete it.
type record struct {
	Version int `json:"v"` // of the row's form

	Notice  Notice    `json:"notice"` // of a page: what it shows now
	Stage   stage     `json:"stage"`
	Written time.Time `json:"written"`

	// Owner is another for each write. It tells one's own, whose answer was
	// lost, from somebody else's.
	Owner        string    `json:"owner,omitempty"`
	SendingSince time.Time `json:"sendingSince,omitzero"`
	Tries        int       `json:"tries,omitempty"`
	Uncertain    bool      `json:"uncertain,omitempty"` // a send had an unknown outcome
	Spent        bool      `json:"spent,omitempty"`     // it was taken for a repetition
	LastError    string    `json:"lastError,omitempty"`

	Receipt Receipt `json:"receipt,omitzero"`

	// Of an announcement: which version its page shows, the newest that it
	// may show as well, until when somebody may be changing that, whether it
	// can be changed no more, and why it was made, where it shows another
	// reason now.
	Rendered  int64     `json:"rendered,omitempty"`
	Attempted int64     `json:"attempted,omitempty"`
	EditUntil time.Time `json:"editUntil,omitzero"`
	Fixed     bool      `json:"fixed,omitempty"`
	Made      string    `json:"made,omitempty"`

	entry ledger.Entry // as last read or written
}

// recordVersion is the form of the rows. What a newer program wrote is refused
// rather than misread.
const recordVersion = 1

func (r *record) toEntry() (ledger.Entry, error) {
	r.Version = recordVersion
	value, err := json.Marshal(r)
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("encode notice %s: %w", r.Notice.Key, err)
	}
	e := r.entry
	e.Value = value
	return e, nil
}

func fromEntry(e ledger.Entry) (*record, error) {
	r := &record{entry: e}
	if err := json.Unmarshal(e.Value, r); err != nil {
		return nil, fmt.Errorf("decode notice %s: %w", e.Key.Row, err)
	}
	if r.Version > recordVersion {
		return nil, fmt.Errorf("notice %s was written by a newer Busbell; deploy that one again", e.Key.Row)
	}
	return r, nil
}

// write stores the record if nobody else changed it: false means that
// somebody did. When the answer is lost it reads back whose write is there.
func (d *Delivery) write(ctx context.Context, r *record) (bool, error) {
	r.Owner = newOwner()
	e, err := r.toEntry()
	if err != nil {
		return false, err
	}
	stored, err := d.Ledger.Update(ctx, e)
	if err == nil {
		r.entry = stored
		return true, nil
	}
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	back, readErr := d.Ledger.Get(ctx, e.Key)
	if readErr != nil {
		return false, fmt.Errorf("write record: %w", errors.Join(err, readErr))
	}
	there, readErr := fromEntry(back)
	if readErr != nil {
		return false, readErr
	}
	if there.Owner == r.Owner {
		r.entry = back
		return true, nil
	}
	if errors.Is(err, ledger.ErrChanged) {
		return false, nil
	}
	return false, fmt.Errorf("write record: %w", err)
}

// lasting is a context for writing down what has happened: that is done even
// when the invocation is over.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}
