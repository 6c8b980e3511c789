package triage

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A Tally is what is counted of one group.
type Tally struct {
	Count   int           `json:"count"`
	Oldest  time.Time     `json:"oldest,omitzero"` // when they failed; zero where none of them says
	Newest  time.Time     `json:"newest,omitzero"`
	Expires time.Time     `json:"expires,omitzero"`  // when the first of them expires; zero is never
	Hours   map[int64]int `json:"hours,omitempty"`   // how many failed in each Unix hour of the last day; at most maxHours
	Samples []Sample      `json:"samples,omitempty"` // the newest, newest first; at most maxSamples
}

// A Sample is one message of a group: what is needed to find it again.
type Sample struct {
	SequenceNumber int64     `json:"number"`
	Identity       string    `json:"identity,omitempty"` // unmasked, unless it comes from the ledger
	FailedAt       time.Time `json:"failedAt,omitzero"`
}

// maxSamples is how many messages of a group are kept.
const maxSamples = 3

// maxHours is how many hours a day touches, and one more that has begun by
// another clock.
const maxHours = 26

// Plus is the tally of both, which count different messages.
func (t Tally) Plus(u Tally) Tally {
	n := t.Count + u.Count
	t = t.combine(u, func(a, b int) int { return a + b })
	t.Count = n
	return t
}

// AtLeast is the tally of two scans that may have counted the same messages:
// there are at least as many as either counted.
func (t Tally) AtLeast(u Tally) Tally {
	n := max(t.Count, u.Count)
	t = t.combine(u, func(a, b int) int { return max(a, b) })
	t.Count = n
	return t
}

func (t Tally) combine(u Tally, of func(a, b int) int) Tally {
	if t.Count == 0 {
		return u
	}
	if u.Count == 0 {
		return t
	}
	out := Tally{Oldest: t.Oldest, Newest: t.Newest, Expires: t.Expires, Samples: slices.Clone(t.Samples)}
	out.failed(u.Oldest)
	out.failed(u.Newest)
	out.Expire(u.Expires)
	for _, each := range []map[int64]int{t.Hours, u.Hours} {
		for at := range each {
			if _, done := out.Hours[at]; !done {
				out.Hour(at, of(t.Hours[at], u.Hours[at]))
			}
		}
	}
	for _, s := range u.Samples {
		out.sample(s)
	}
	return out
}

// sample keeps a message if it is among the newest.
func (t *Tally) sample(s Sample) {
	at, found := slices.BinarySearchFunc(t.Samples, s, func(a, b Sample) int {
		return cmp.Or(b.FailedAt.Compare(a.FailedAt), cmp.Compare(b.SequenceNumber, a.SequenceNumber))
	})
	if found || at == maxSamples {
		return
	}
	if len(t.Samples) == maxSamples {
		t.Samples = t.Samples[:maxSamples-1]
	}
	t.Samples = slices.Insert(t.Samples, at, s)
}

// failed adds the time of a failure, if it is known.
func (t *Tally) failed(at time.Time) {
	if at.IsZero() {
		return
	}
	if t.Oldest.IsZero() || at.Before(t.Oldest) {
		t.Oldest = at
	}
	if at.After(t.Newest) {
		t.Newest = at
	}
}

// Hour adds failures of an hour, if it is among the newest.
func (t *Tally) Hour(at int64, n int) {
	if t.Hours == nil {
		t.Hours = map[int64]int{}
	}
	t.Hours[at] += n
	if len(t.Hours) > maxHours {
		delete(t.Hours, slices.Min(slices.Collect(maps.Keys(t.Hours))))
	}
}

// Expire adds the time at which a message expires.
func (t *Tally) Expire(at time.Time) {
	if !at.IsZero() && (t.Expires.IsZero() || at.Before(t.Expires)) {
		t.Expires = at
	}
}

// DropHours drops the hours before a time.
func (t *Tally) DropHours(since time.Time) {
	for at := range t.Hours {
		if at < HourOf(since) {
			delete(t.Hours, at)
		}
	}
}

// HourOf is the Unix hour of a time.
func HourOf(t time.Time) int64 { return t.Unix() / 3600 }
