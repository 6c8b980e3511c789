package protocol

import (
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// A Stage is how far the delivery of a notice has come.
type Stage string

// The stages of a delivery.
const (
	Lost      Stage = ""        // the row could not be used and was emptied
	Pending   Stage = "pending" // to be sent when due
	Sending   Stage = "sending" // may have been sent: the outcome is unknown until stored
	Sent      Stage = "sent"
	Obsolete  Stage = "obsolete"  // nobody needs it any more
	Abandoned Stage = "abandoned" // given up after too many tries
)

// Finished reports whether nothing is left to be done.
func (s Stage) Finished() bool { return s == Sent || s == Obsolete || s == Abandoned }

// A Record is the row of one notice, with what became of it. Its times are by the
// clock of the ledger, because the clocks of two machines may differ.
type Record struct {
	Notice notify.Notice `json:"notice"` // of a page: what it shows now
	Stage  Stage         `json:"stage"`

	// Wait is how long after its last write the row is due: to send, to look up, and
	// finally to delete.
	Wait time.Duration `json:"wait,omitempty"`

	// Written is when the notice was written, SendingSince when it was first marked as
	// sending. The next reader of the row fills them in.
	Written      time.Time `json:"written,omitzero"`
	SendingSince time.Time `json:"sendingSince,omitzero"`

	Tries     int    `json:"tries,omitempty"`
	Uncertain bool   `json:"uncertain,omitempty"` // a send had an unknown outcome
	Duplicate bool   `json:"duplicate,omitempty"` // the channel took it for a repetition
	Limited   bool   `json:"limited,omitempty"`   // a limit of the channel held it back
	LastError string `json:"lastError,omitempty"`

	Receipt notify.Receipt `json:"receipt,omitzero"`

	// Of a page: the version that it shows; the newest version that it may show; who has
	// locked it to change that, for a lease after the last write of the row; whether it
	// cannot be changed any more; and why it was posted, if it shows another reason now.
	Shown      int64  `json:"shown,omitempty"`
	Attempted  int64  `json:"attempted,omitempty"`
	Editor     string `json:"editor,omitempty"`
	Uneditable bool   `json:"uneditable,omitempty"`
	PostedFor  string `json:"postedFor,omitempty"`

	Ref ledger.Ref    `json:"-"` // as last read or written
	Age time.Duration `json:"-"` // since it was written, when it was read
}

// Due reports whether the row was due when it was read.
func (r *Record) Due() bool { return r.Ref.Age >= r.Wait }
