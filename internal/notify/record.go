package notify

import (
	"encoding/json"
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

// A record is the row of one notice. It is the ledger's own twin of Notice
// and says what became of it.
type record struct {
	Notice  Notice    `json:"notice"`
	Stage   stage     `json:"stage"`
	Written time.Time `json:"written"`

	// Owner tells one's own write, whose answer was lost, from another's.
	Owner        string    `json:"owner,omitempty"`
	SendingSince time.Time `json:"sendingSince,omitzero"`
	Tries        int       `json:"tries,omitempty"`
	Uncertain    bool      `json:"uncertain,omitempty"` // a send had an unknown outcome
	LastError    string    `json:"lastError,omitempty"`

	Receipt Receipt `json:"receipt,omitzero"`
	// Rendered is, on an announcement, the version that its page shows.
	Rendered int64 `json:"rendered,omitempty"`

	entry ledger.Entry // as last read or written
}

func (r *record) toEntry() (ledger.Entry, error) {
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
	return r, nil
}
