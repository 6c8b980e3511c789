// Package incident keeps the lives of problems.
//
// All failed messages with one fingerprint belong to one [Incident]. It opens
// with the first of them, counts them where they lie, may be acknowledged or
// snoozed by a person, and resolves when they have left every source they
// were seen in; a later return opens the next generation. The incident holds
// what was decided about it; what was really delivered is the business of the
// notices, which are built here as well, so that whoever changes an incident
// shows it.
//
// The promise: of two writers who saw the same version one wins, and what an
// incident has decided once (announced, paged) it never decides again.
package incident

import (
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/busbell/busbell/internal/failure"
)

// A State is where an incident stands in its life.
type State string

// The states of an incident. Of one that is acknowledged or snoozed nobody is
// reminded.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
	Snoozed      State = "snoozed"
	Resolved     State = "resolved"
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
	Ours bool `json:"blind,omitempty"`
	Kind Kind `json:"trouble,omitempty"`

	// Failure is the newest of its failures, masked.
	Failure failure.Failure `json:"failure"`

	// Fields are those of its body that the configuration names.
	Fields []Field `json:"fields,omitempty"`

	// Features are those whose events are failing.
	Features []string `json:"features,omitempty"`

	Links   []Link   `json:"links,omitempty"`   // of the configuration, for this failure
	Samples []Sample `json:"samples,omitempty"` // its newest messages

	// Sources says where its failures lie, by the broker's path. While we wait
	// whether they stay away it says where they lay, with nothing there; it is
	// empty once the incident is over.
	Sources map[string]Seen `json:"sources,omitempty"`

	FirstSeen  time.Time `json:"firstSeen"` // when its first message failed
	LastSeen   time.Time `json:"lastSeen"`  // when its newest message failed
	Peak       int       `json:"most"`      // the largest count of its life
	ResolvedAt time.Time `json:"resolvedAt,omitzero"`
	Resolution string    `json:"ending,omitempty"` // how it went, once resolved

	// Pages are where it is shown; none while it is told to nobody.
	Pages   []Page  `json:"pages,omitempty"`
	Silence Silence `json:"silence,omitzero"` // why it is told to nobody

	// HandledBy is who acknowledged or snoozed it, by the channel's id of the
	// person or by name.
	HandledBy    string    `json:"handledBy,omitempty"`
	SnoozedUntil time.Time `json:"snoozedUntil,omitzero"`
	Actions      int       `json:"deeds,omitempty"` // how often somebody did, in this life

	Announced   int       `json:"announced"`           // the count when it was first told
	GrowsAt     int       `json:"nextStep,omitempty"`  // the count at which it is growing
	Priority    string    `json:"priority,omitempty"`  // the highest it was paged with
	Alerts      []Alert   `json:"alerts,omitempty"`    // those not yet ended
	PageEpoch   int       `json:"quelled,omitempty"`   // how often a rule to ignore it has ended them
	BroadcastAt time.Time `json:"spokenAt,omitzero"`   // when it was last heard
	Reminders   int       `json:"reminders,omitempty"` // of this life

	// GoneSince is since when its messages are gone, while we wait whether
	// they stay away; Returns are the times of the last day at which they came
	// back.
	GoneSince time.Time   `json:"goneSince,omitzero"`
	Returns   []time.Time `json:"returns,omitempty"`

	// ExpiryTold says that people know how soon its messages disappear.
	ExpiryAnnounced bool `json:"expiryTold,omitempty"`

	// Decisions are the newest that were made about it, over its lives.
	Decisions []Decision `json:"decisions,omitempty"`

	// Version orders the changes of what a page shows. It grows with the
	// clock, so that what is decided anew after a crash is newer than what
	// was written before it.
	Version int64 `json:"version"`
}

// Seen is what the last look at a source found of an incident.
type Seen struct {
	Name    string        `json:"name"` // what people call the source
	Count   int           `json:"count"`
	Oldest  time.Time     `json:"oldest"`           // when the oldest message there failed
	Hours   map[int64]int `json:"hours,omitempty"`  // failures by Unix hour, of the last day
	Expires time.Time     `json:"expires,omitzero"` // when the first of them disappears by its time to live
	Late    bool          `json:"late,omitempty"`   // the source is so deep that its news come late
}

// A Field is a value of a message's body.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Link leads to a page about the failure.
type Link struct {
	Text string `json:"text"` // of the configuration
	URL  string `json:"url"`
}

// A Sample is one of an incident's messages.
type Sample struct {
	Source         string `json:"source"` // what people call it
	SequenceNumber int64  `json:"sequenceNumber"`
	Identity       string `json:"identity,omitempty"`
}

// A Page is where an incident is shown: its own announcement or, if Shared,
// a digest.
type Page struct {
	To     Target `json:"to"`
	Key    string `json:"key"` // of the notice that announced it
	Shared bool   `json:"shared,omitempty"`
}

// A Silence is why an incident is told to nobody. The zero Silence is none.
type Silence struct {
	Why     string `json:"why,omitempty"`     // Quiet or Ignored
	Because string `json:"because,omitempty"` // what the ignore rule says
	Until   string `json:"until,omitempty"`   // the last day of the ignore rule
}

// Why there is silence.
const (
	Quiet   = "quiet hours"
	Ignored = "ignored"
)

// An Alert is one that was raised for the incident. A storm shares one Alias
// among many incidents.
type Alert struct {
	Key      string `json:"key"` // of the notice that raised it
	Alias    string `json:"alias"`
	Priority string `json:"priority"`

	// Heeded says that an acknowledgement in the pager was taken over from it,
	// which is done once.
	Imported bool `json:"heeded,omitempty"`
}

// A Decision is that there was something to say.
type Decision struct {
	At         time.Time `json:"at"`
	Generation int       `json:"generation"`
	Count      int       `json:"count"`
	Why        []string  `json:"why"`
	By         string    `json:"by,omitempty"` // who did it, where a person did
}

// mostDecisions is how many of them are kept.
const maxDecisions = 40

// Note keeps a decision among the newest.
func (i *Incident) Record(d Decision) {
	d.Generation, d.Count = i.Generation, i.Count()
	i.Decisions = append(i.Decisions, d)
	i.Decisions = i.Decisions[max(0, len(i.Decisions)-maxDecisions):]
}

// Touch marks a change of what pages show.
func (i *Incident) Touch(now time.Time) { i.Version = max(i.Version+1, now.UnixMilli()) }

// After is the time of a change that comes after all that were made of these
// incidents, whatever our clock says: another machine's may be ahead, and what
// a digest shows is as new as the newest of its incidents.
func After(now time.Time, all iter.Seq[Stored]) time.Time {
	for k := range all {
		if at := time.UnixMilli(k.Version + 1).UTC(); at.After(now) {
			now = at
		}
	}
	return now
}

// Alive reports whether the incident has begun and is not over.
func (i *Incident) Alive() bool { return i.Generation > 0 && i.State != Resolved }

// Count is the number of its messages at the last look, in all sources.
func (i *Incident) Count() int {
	n := 0
	for _, s := range i.Sources {
		n += s.Count
	}
	return n
}

// Expires is when the first of its messages disappears by its time to live;
// the zero time where none does.
func (i *Incident) Expires() time.Time {
	var first time.Time
	for _, s := range i.Sources {
		if !s.Expires.IsZero() && (first.IsZero() || s.Expires.Before(first)) {
			first = s.Expires
		}
	}
	return first
}

// Shared is the digest that shows the incident at a target, "" where it has a
// page of its own or none.
func (i *Incident) Shared(to Target) string {
	for _, p := range i.Pages {
		if p.Shared && p.To.Place() == to.Place() {
			return p.Key
		}
	}
	return ""
}

// shared reports whether any digest shows the incident.
func (i *Incident) shared() bool {
	return slices.ContainsFunc(i.Pages, func(p Page) bool { return p.Shared })
}

// Subject names this life of the incident, for notices.
func (i *Incident) Subject() string {
	return subjectPrefix + i.Fingerprint + "/" + strconv.Itoa(i.Generation)
}

const subjectPrefix = "incident/"
