package incident

import "time"

// An Observation is what was seen of one fingerprint at one time.
type Observation struct {
	Kind Kind

	// Sources says where it was seen, and how often. A source that could not be
	// read keeps what was known of it.
	Sources    map[string]Seen
	Unwatched  []string // names of sources that held it and are no longer there
	Unreadable bool     // a source that held it could not be read now

	Newest time.Time // when the newest of it happened; zero where nothing of it was read
	Origin string    // incidents that begin together and have one origin are shown together

	Priority string  // with which it pages; "" is nobody
	Ignored  Silence // why it is told to nobody; the zero Silence is none

	// Describe describes the newest. It is called only for what is newer than
	// what the incident knows.
	Describe func(generation int) Cause

	// Targets are where it is posted first. It is called only for that.
	Targets func() []Target

	// Trace is the whole trace of the newest, masked; nil for none. It is called
	// only for a page that is opened.
	Trace func() string
}

// Count is how often it was seen, in all sources.
func (o *Observation) Count() int { return count(o.Sources) }

// Age is how long ago the oldest of it happened.
func (o *Observation) Age(now time.Time) time.Duration { return age(o.Sources, now) }

// ExpiresBefore reports whether any of it expires before a time.
func (o *Observation) ExpiresBefore(t time.Time) bool {
	first := expires(o.Sources)
	return !first.IsZero() && first.Before(t)
}

func count(sources map[string]Seen) (n int) {
	for _, s := range sources {
		n += s.Count
	}
	return n
}

// expires is when the first of what was seen expires; the zero time where none
// does.
func expires(sources map[string]Seen) (first time.Time) {
	for _, s := range sources {
		if !s.Expires.IsZero() && (first.IsZero() || s.Expires.Before(first)) {
			first = s.Expires
		}
	}
	return first
}

func age(sources map[string]Seen, now time.Time) time.Duration {
	var oldest time.Time
	for _, s := range sources {
		if oldest.IsZero() || s.Oldest.Before(oldest) {
			oldest = s.Oldest
		}
	}
	if oldest.IsZero() {
		return 0
	}
	return now.Sub(oldest)
}
