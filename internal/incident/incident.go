// Package incident keeps the lives of problems.
//
// All failed messages with one fingerprint belong to one [Incident]. It opens
// with the first of them, counts them where they lie, and resolves when they
// have left every source they were seen in; a later return opens the next
// generation. The incident holds what was decided about it; what was really
// delivered is the business of the notices, which are built here as well, so
// that whoever changes an incident shows it.
//
// The promise: of two writers who saw the same version one wins, and what an
// incident has decided once (announced, paged) it never decides again.
package incident

import (
	"strconv"
	"time"

	"github.com/busbell/busbell/internal/failure"
)

// A State is where an incident stands in its life.
type State string

// The states of an incident.
const (
	Open     State = "open"
	Resolved State = "resolved"
)

// An Incident is one life of one fingerprint. The zero Generation means that
// it has never lived.
type Incident struct {
	Fingerprint string `json:"fingerprint"`
	Generation  int    `json:"generation"`
	State       State  `json:"state"`

	// Blind marks an incident of ours: something keeps failures from being
	// seen, and Trouble says what. Its Failure then holds the source as
	// FailingQueue and the cause with its cure as message.
	Blind   bool    `json:"blind,omitempty"`
	Trouble Trouble `json:"trouble,omitempty"`

	// Failure is the newest of its failures, masked.
	Failure failure.Failure `json:"failure"`

	// Fields are those of its body that the configuration names.
	Fields []Field `json:"fields,omitempty"`

	// Sources says where its failures lie, by the broker's path. It is empty
	// once they are gone.
	Sources map[string]Seen `json:"sources,omitempty"`

	FirstSeen  time.Time `json:"firstSeen"` // when its first message failed
	LastSeen   time.Time `json:"lastSeen"`  // when its newest message failed
	Most       int       `json:"most"`      // the largest count of its life
	ResolvedAt time.Time `json:"resolvedAt,omitzero"`

	// Page is the key of the notice that shows it: its own announcement, or a
	// digest that it shares with others.
	Page     string `json:"page,omitempty"`
	InDigest bool   `json:"inDigest,omitempty"`

	Announced int     `json:"announced"`          // the count when it was first told
	NextStep  int     `json:"nextStep,omitempty"` // the count at which it is growing
	Priority  string  `json:"priority,omitempty"` // the highest it was paged with
	Alerts    []Alert `json:"alerts,omitempty"`   // those not yet ended

	// Version counts the changes of what a page shows.
	Version int64 `json:"version"`
}

// Seen is what the last look at a source found of an incident.
type Seen struct {
	Name   string    `json:"name"` // what people call the source
	Count  int       `json:"count"`
	Oldest time.Time `json:"oldest"` // when the oldest message there failed
}

// A Field is a value of a message's body.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An Alert is one that was raised for the incident. A storm shares one Alias
// among many incidents.
type Alert struct {
	Key      string `json:"key"` // of the notice that raised it
	Alias    string `json:"alias"`
	Priority string `json:"priority"`
}

// Count is the number of its messages at the last look, in all sources.
func (i *Incident) Count() int {
	n := 0
	for _, s := range i.Sources {
		n += s.Count
	}
	return n
}

// Oldest is when the oldest of its messages that is still there failed; the
// zero time when none is.
func (i *Incident) Oldest() time.Time {
	var oldest time.Time
	for _, s := range i.Sources {
		if oldest.IsZero() || s.Oldest.Before(oldest) {
			oldest = s.Oldest
		}
	}
	return oldest
}

// Subject names this life of the incident, for notices.
func (i *Incident) Subject() string {
	return subjectPrefix + i.Fingerprint + "/" + strconv.Itoa(i.Generation)
}

const subjectPrefix = "incident/"
