package azfunc

import (
	"fmt"
	"time"
)

// A Timer is what the host tells when it runs a timer function. Times are in
// UTC, and zero where the host does not know them: on a first run, and for
// schedules of less than a minute.
type Timer struct {
	// PastDue reports that nobody ran when this run was due.
	PastDue bool

	Last        time.Time // when the run before this one began
	Next        time.Time // the occurrence that is run now, or, in a manual run, the next one
	LastUpdated time.Time // when the host wrote these down

	// Retry is nil unless the function has a retry policy.
	Retry *RetryContext
}

func decodeTimer(b []byte) (Timer, error) {
	e, err := open(b)
	if err != nil {
		return Timer{}, err
	}
	t := Timer{Retry: e.one.retry()}
	if e.data[0] == 'n' {
		return t, nil
	}
	info := scalar{raw: e.data}.object()
	if info == nil {
		return Timer{}, fmt.Errorf("%w: the timer is no object", errMalformed)
	}
	s := scanner{b: info}
	for key := range s.members() {
		v := s.value()
		switch string(key) {
		case "IsPastDue":
			t.PastDue = scalar{raw: v}.text() == "true"
		case "ScheduleStatus":
			t.status(scalar{raw: v}.object())
		}
	}
	return t, nil
}

func (t *Timer) status(raw []byte) {
	if raw == nil {
		return
	}
	s := scanner{b: raw}
	for key := range s.members() {
		v := scalar{raw: s.value()}
		switch string(key) {
		case "Last":
			t.Last = v.time()
		case "Next":
			t.Next = v.time()
		case "LastUpdated":
			t.LastUpdated = v.time()
		}
	}
}

// A RetryContext tells which attempt of the host's retry policy this is.
type RetryContext struct {
	Count int // retries before this one: 0 on the first attempt
	Max   int // retries that there will be at most, -1 for no limit
}

// retry returns nil if the host has no retry policy for the function.
func (m *metadata) retry() *RetryContext {
	raw := scalar{raw: m[retryContext]}.object()
	if raw == nil {
		return nil
	}
	var r RetryContext
	s := scanner{b: raw}
	for key := range s.members() {
		v := scalar{raw: s.value()}
		switch string(key) {
		case "RetryCount":
			r.Count = int(v.number())
		case "MaxRetryCount":
			r.Max = int(v.number())
		}
	}
	return &r
}
