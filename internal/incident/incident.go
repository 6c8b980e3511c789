// Package incident holds the lives of incidents.
//
// Everything with one fingerprint, such as all failed messages for one cause,
// belongs to one [Incident]. It opens with the first of it, counts it in each
// source, may be acknowledged or snoozed by a person, and resolves when it has
// left every source that held it; a later return opens the next generation. The incident records what was
// decided about it; what was really delivered is the business of the notices.
// The package notice words these, and lifecycle changes incidents and says so.
//
// The promise: of two writers who saw the same version one wins, and what an
// incident has decided once (posted, paged) it never decides again.
package incident

import (
	"iter"
	"slices"
	"time"
)

// A State is the phase of an incident's life.
type State string

// The states of an incident. There are no reminders of one that is acknowledged
// or snoozed.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
	Snoozed      State = "snoozed"
	Resolved     State = "resolved"
)

// An Incident is one life of one fingerprint. A Generation of zero means that it
// has never opened.
type Incident struct {
	Fingerprint string `json:"fingerprint"`
	Generation  int    `json:"generation"`
	State       State  `json:"state"`

	Kind  Kind  `json:"kind,omitempty"`
	Cause Cause `json:"cause"` // the newest of its life

	// Sources says where its messages are, by the broker's path. While a
	// resolution is delayed it says where they were, with a count of 0; it is
	// empty once the incident is resolved.
	Sources map[string]Seen `json:"sources,omitempty"`

	Began      time.Time `json:"began,omitzero"` // when its first life began
	FirstSeen  time.Time `json:"firstSeen"`      // when its first message failed
	LastSeen   time.Time `json:"lastSeen"`       // when its newest message failed
	Peak       int       `json:"peak"`           // the largest count of this life
	ResolvedAt time.Time `json:"resolvedAt,omitzero"`
	Resolution string    `json:"resolution,omitempty"` // how it ended, once resolved

	// Pages are where it is shown; none while it is silent.
	Pages   []Page  `json:"pages,omitempty"`
	Silence Silence `json:"silence,omitzero"` // why it is shown to nobody

	// HandledBy is who acknowledged or snoozed it, by the channel's id of the
	// person or by name.
	HandledBy    string    `json:"handledBy,omitempty"`
	SnoozedUntil time.Time `json:"snoozedUntil,omitzero"`
	Actions      int       `json:"actions,omitempty"` // how often somebody did so, in this life

	Announced   int       `json:"announced"`            // the count when it was first posted
	GrowsAt     int       `json:"growsAt,omitempty"`    // the count at which it is growing
	Priority    string    `json:"priority,omitempty"`   // the highest with which it has paged
	Alerts      []Alert   `json:"alerts,omitempty"`     // those that are not closed
	PageEpoch   int       `json:"pageEpoch,omitempty"`  // how often an ignore rule has closed them
	BroadcastAt time.Time `json:"broadcastAt,omitzero"` // when it was last broadcast
	Reminders   int       `json:"reminders,omitempty"`  // of this life

	// GoneSince is when its messages left, while its resolution is delayed;
	// Returns are the times of the last day at which they came back.
	GoneSince time.Time   `json:"goneSince,omitzero"`
	Returns   []time.Time `json:"returns,omitempty"`

	// ExpiryAnnounced says that people know how soon its messages expire.
	ExpiryAnnounced bool `json:"expiryAnnounced,omitempty"`

	// Decisions are the newest of all its lives.
	Decisions []Decision `json:"decisions,omitempty"`

	// Version orders the changes of what its pages show. It grows with the
	// clock, so that what is decided again after a crash is newer than what was
	// written before it.
	Version int64 `json:"version"`
}

// Seen is what the last scan of a source found of an incident.
type Seen struct {
	Name    string        `json:"name"` // the label of the source
	Count   int           `json:"count"`
	Oldest  time.Time     `json:"oldest"`           // when the oldest message there failed
	Hours   map[int64]int `json:"hours,omitempty"`  // failures by Unix hour, of the last day
	Expires time.Time     `json:"expires,omitzero"` // when the first message expires
	Late    bool          `json:"late,omitempty"`   // the source is so deep that new messages are read late
}

// A Page is where an incident is shown: its own post or, if Shared, a digest.
type Page struct {
	To     Target `json:"to"`
	Key    string `json:"key"` // of the notice that posted it
	Shared bool   `json:"shared,omitempty"`
}

// A Silence is why an incident is shown to nobody. The zero Silence is none.
type Silence struct {
	Why     string `json:"why,omitempty"`     // Quiet or Ignored
	Because string `json:"because,omitempty"` // what the ignore rule says
	Until   string `json:"until,omitempty"`   // the last day of the ignore rule
}

// The reasons for silence.
const (
	Quiet   = "quiet hours"
	Ignored = "ignored"
)

// An Alert is an open alert of the incident. A grouped alert shares one Alias
// among many incidents.
type Alert struct {
	Key      string `json:"key"` // of the notice that opened it
	Alias    string `json:"alias"`
	Priority string `json:"priority"`

	// Imported says that an acknowledgement in the pager was imported from it,
	// which happens once.
	Imported bool `json:"imported,omitempty"`
}

// A Decision is what was decided about an incident, and when.
type Decision struct {
	At         time.Time `json:"at"`
	Generation int       `json:"generation"`
	Count      int       `json:"count"`
	Why        []string  `json:"why"`
	By         string    `json:"by,omitempty"` // the person who did it, if any
}

// maxDecisions is how many of them an incident holds.
const maxDecisions = 40

// AddDecision adds a decision to the newest.
func (i *Incident) AddDecision(d Decision) {
	d.Generation, d.Count = i.Generation, i.Count()
	i.Decisions = append(i.Decisions, d)
	i.Decisions = i.Decisions[max(0, len(i.Decisions)-maxDecisions):]
}

// Higher reports whether a priority is above another. P1 is the highest, and ""
// is none.
func Higher(a, b string) bool { return a != "" && (b == "" || a < b) }

// Touch gives the incident a new Version.
func (i *Incident) Touch(now time.Time) { i.Version = max(i.Version+1, now.UnixMilli()) }

// After is a time for a change that is later than all earlier changes of these
// incidents, whatever our clock says: another machine's may be ahead, and a
// digest is as new as the newest of its incidents.
func After(now time.Time, all iter.Seq[Stored]) time.Time {
	for k := range all {
		if at := time.UnixMilli(k.Version + 1).UTC(); at.After(now) {
			now = at
		}
	}
	return now
}

// Alive reports whether the incident has opened and is not resolved.
func (i *Incident) Alive() bool { return i.Generation > 0 && i.State != Resolved }

// Count is the number of its messages in all sources, as last scanned.
func (i *Incident) Count() int { return count(i.Sources) }

// Expires is when the first of its messages expires; the zero time where none
// does.
func (i *Incident) Expires() time.Time { return expires(i.Sources) }

// Age is how long ago the oldest of its messages failed.
func (i *Incident) Age(now time.Time) time.Duration { return age(i.Sources, now) }

// Shared is the key of the digest that shows the incident at a target, "" where
// it has a page of its own or none.
func (i *Incident) Shared(to Target) string {
	for _, p := range i.Pages {
		if p.Shared && p.To.Place() == to.Place() {
			return p.Key
		}
	}
	return ""
}

// InDigest reports whether any digest shows the incident.
func (i *Incident) InDigest() bool {
	return slices.ContainsFunc(i.Pages, func(p Page) bool { return p.Shared })
}

// Shows reports whether a page, or an alert, is one of the incident's.
func (i *Incident) Shows(key string) bool {
	return slices.Contains(pageKeys(i), key)
}

// Versions are the versions of incidents by their fingerprints.
func Versions(incidents []*Incident) map[string]int64 {
	versions := make(map[string]int64, len(incidents))
	for _, i := range incidents {
		versions[i.Fingerprint] = i.Version
	}
	return versions
}
