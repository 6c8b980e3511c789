package errorqueue

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A tally is what is counted of one group.
type tally struct {
	count          int
	oldest, newest time.Time     // when they failed; zero where none of them says
	expires        time.Time     // when the first of them expires; zero is never
	hours          map[int64]int // how many failed in each Unix hour of the last day; at most mostHours
	samples        []sample      // the newest, newest first; at most mostSamples
}

// A sample is one message of a group: what is needed to find it again.
type sample struct {
	SequenceNumber int64
	Identity       string // unmasked, unless it comes from the ledger
	FailedAt       time.Time
}

// maxSamples is how many messages of a group are kept.
const maxSamples = 3

// maxHours is how many hours a day touches, and one more that has begun by
// another clock.
const maxHours = 26

// plus is the tally of both, which count different messages.
func (t tally) plus(u tally) tally {
	n := t.count + u.count
	t = t.combine(u, func(a, b int) int { return a + b })
	t.count = n
	return t
}

// atLeast is the tally of two scans that may have counted the same messages:
// there are at least as many as either counted.
func (t tally) atLeast(u tally) tally {
	n := max(t.count, u.count)
	t = t.combine(u, func(a, b int) int { return max(a, b) })
	t.count = n
	return t
}

func (t tally) combine(u tally, of func(a, b int) int) tally {
	if t.count == 0 {
		return u
	}
	if u.count == 0 {
		return t
	}
	out := tally{oldest: t.oldest, newest: t.newest, expires: t.expires, samples: slices.Clone(t.samples)}
	out.failed(u.oldest)
	out.failed(u.newest)
	out.expire(u.expires)
	for _, each := range []map[int64]int{t.hours, u.hours} {
		for at := range each {
			if _, done := out.hours[at]; !done {
				out.hour(at, of(t.hours[at], u.hours[at]))
			}
		}
	}
	for _, s := range u.samples {
		out.sample(s)
	}
	return out
}

// sample keeps a message if it is among the newest.
func (t *tally) sample(s sample) {
	at, found := slices.BinarySearchFunc(t.samples, s, func(a, b sample) int {
		return cmp.Or(b.FailedAt.Compare(a.FailedAt), cmp.Compare(b.SequenceNumber, a.SequenceNumber))
	})
	if found || at == maxSamples {
		return
	}
	if len(t.samples) == maxSamples {
		t.samples = t.samples[:maxSamples-1]
	}
	t.samples = slices.Insert(t.samples, at, s)
}

// failed adds the time of a failure, if it is known.
func (t *tally) failed(at time.Time) {
	if at.IsZero() {
		return
	}
	if t.oldest.IsZero() || at.Before(t.oldest) {
		t.oldest = at
	}
	if at.After(t.newest) {
		t.newest = at
	}
}

// hour adds failures of an hour, if it is among the newest.
func (t *tally) hour(at int64, n int) {
	if t.hours == nil {
		t.hours = map[int64]int{}
	}
	t.hours[at] += n
	if len(t.hours) > maxHours {
		delete(t.hours, slices.Min(slices.Collect(maps.Keys(t.hours))))
	}
}

// expire adds the time at which a message expires.
func (t *tally) expire(at time.Time) {
	if !at.IsZero() && (t.expires.IsZero() || at.Before(t.expires)) {
		t.expires = at
	}
}

// forget drops the hours before a time.
func (t *tally) dropHours(since time.Time) {
	for at := range t.hours {
		if at < hourOf(since) {
			delete(t.hours, at)
		}
	}
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }
