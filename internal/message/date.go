package message

import "time"

// Years of the times that are believed. Service Bus is younger, and what is
// later is what somebody writes for "never".
const firstYear, lastYear = 2000, 2199

// Moment is a time that came from outside, in UTC; zero where it is outside
// the years that are believed. JSON has no form for some of the others.
func Moment(t time.Time) time.Time {
	t = t.UTC()
	if year := t.Year(); year < firstYear || year > lastYear {
		return time.Time{}
	}
	return t
}

// A Window is the time in which a message can have failed.
type Window struct {
	Enqueued    time.Time // when the message was, zero where that is not known
	from, until time.Time
}

// skew is how much the clock of a service may be ahead of ours.
const skew = 5 * time.Minute

// Window bounds the times that headers of the message tell. They count from a
// year before it was enqueued until now: a dead letter may fail days after it
// was enqueued. Our clock may be behind the broker's.
func (m *Message) Window(now time.Time) Window {
	enqueued, from, until := Moment(m.EnqueuedAt), time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC), now
	if !enqueued.IsZero() {
		from = enqueued.AddDate(-1, 0, 0)
	}
	if enqueued.After(now) {
		until = enqueued
	}
	return Window{enqueued, from, until.Add(skew)}
}

// Has reports whether a time counts.
func (w Window) Has(t time.Time) bool { return !t.Before(w.from) && !t.After(w.until) }

// Expires is when the message ends by its time to live; zero where it does
// not, or where that is not known.
func (m *Message) Expires() time.Time {
	if m.TimeToLive <= 0 || m.EnqueuedAt.IsZero() {
		return time.Time{}
	}
	return Moment(m.EnqueuedAt.Add(m.TimeToLive))
}
