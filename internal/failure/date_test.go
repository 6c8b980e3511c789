package failure_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

type properties = map[string]any

// dated are failures of each framework that say when they failed: as text, as
// a timestamp of the wire, or not at all.
var dated = map[string]func(text string, at time.Time) message.Message{
	"rebus": func(text string, at time.Time) message.Message {
		stamp := at.Format("01/02/2006 15:04:05 -07:00")
		if at.IsZero() {
			stamp = text
		}
		return message.Message{Properties: properties{"rbs2-msg-type": "Shop.A, Shop", "rbs2-error-details": "1 unhandled exceptions: " + stamp + ": System.Exception: boom"}}
	},
	"nservicebus": func(text string, _ time.Time) message.Message {
		return message.Message{Properties: properties{"NServiceBus.FailedQ": "billing", "NServiceBus.TimeOfFailure": text}}
	},
	"nservicebus in its own form": func(_ string, at time.Time) message.Message {
		return message.Message{Properties: properties{"NServiceBus.FailedQ": "billing", "NServiceBus.TimeOfFailure": at.UTC().Format("2006-01-02 15:04:05") + ":000000 Z"}}
	},
	"nservicebus, a timestamp": func(_ string, at time.Time) message.Message {
		return message.Message{Properties: properties{"NServiceBus.FailedQ": "billing", "NServiceBus.TimeOfFailure": at}}
	},
	"masstransit": func(text string, _ time.Time) message.Message {
		return message.Message{Properties: properties{"MT-Reason": "fault", "MT-Fault-Timestamp": text}}
	},
	"masstransit, a timestamp": func(_ string, at time.Time) message.Message {
		return message.Message{Properties: properties{"MT-Reason": "fault", "MT-Fault-Timestamp": at}}
	},
	"wolverine": func(_ string, at time.Time) message.Message {
		return message.Message{Properties: properties{"exception-type": "Shop.A", "failed-at": fmt.Sprint(at.UnixMilli())}}
	},
	"wolverine, a number": func(_ string, at time.Time) message.Message {
		return message.Message{Properties: properties{"exception-type": "Shop.A", "failed-at": at.UnixMilli()}}
	},
	"wolverine, a timestamp": func(_ string, at time.Time) message.Message {
		return message.Message{Properties: properties{"exception-type": "Shop.A", "failed-at": at}}
	},
	"brighter": func(text string, at time.Time) message.Message {
		return message.Message{Properties: properties{"MessageType": "MT_EVENT", "cloudEvents:type": "Shop.A", "cloudEvents:time": text, "when": at}}
	},
	"dapr": func(text string, _ time.Time) message.Message {
		return message.Message{Body: fmt.Appendf(nil, `{"specversion":"1.0","type":"Shop.A","pubsubname":"bus","time":%q}`, text)}
	},
	"plain": func(text string, at time.Time) message.Message {
		return message.Message{Entity: "billing/$DeadLetterQueue", Properties: properties{"DeadLetterReason": text, "DeadLetterErrorDescription": at}}
	},
}

// silent are those that never say when they failed.
var silent = map[string]bool{"brighter": true, "dapr": true, "plain": true}

// A time in a header counts from a year before the message was enqueued until
// five minutes after the later of now and then. Where that is unknown, it
// counts from the year 2000 until five minutes after now.
func TestOnlyATimeThatCanBeCounts(t *testing.T) {
	now := enqueued.AddDate(0, 0, 3) // a dead letter may fail days after it was enqueued
	for _, tt := range []struct {
		name          string
		at            time.Time
		with, without bool // does it count, with and without a time of enqueueing?
	}{
		{"the last moment of .NET, west of Greenwich", time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.FixedZone("", -5*60*60)), false, false},
		{"the last moment of .NET", time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC), false, false},
		{"the year 0, east of Greenwich", time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 5*60*60)), false, false},
		{"the first moment of .NET", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), false, false},
		{"the first moment of .NET, east of Greenwich", time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 60*60)), false, false},
		{"10^15 milliseconds", time.UnixMilli(1e15), false, false},
		{"10^18 milliseconds", time.UnixMilli(1e18), false, false},
		{"a negative number of milliseconds", time.UnixMilli(-1e15), false, false},
		{"the first moment of Unix", time.Unix(0, 0).UTC(), false, false},
		{"1999", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), false, false},
		{"2000", time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), false, true},
		{"more than a year before", enqueued.AddDate(-1, 0, -1), false, true},
		{"less than a year before", enqueued.AddDate(-1, 0, 1), true, true},
		{"a moment before", enqueued.Add(-time.Second), true, true},
		{"days after", enqueued.AddDate(0, 0, 2), true, true},
		{"four minutes after now", now.Add(4 * time.Minute), true, true},
		{"six minutes after now", now.Add(6 * time.Minute), false, false},
		{"2099", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), false, false},
	} {
		for framework, make := range dated {
			for _, known := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/enqueued %v", framework, tt.name, known), func(t *testing.T) {
					m := make(tt.at.Format(time.RFC3339Nano), tt.at)
					var want time.Time
					counts := tt.without
					if known {
						m.EnqueuedAt, want, counts = enqueued, enqueued, tt.with
					}
					if counts = counts && !silent[framework]; counts {
						want = tt.at.UTC()
					}
					got := failure.NewReader(failure.Config{}).Read(&m, now)
					if framework == "rebus" {
						counts = counts || known // Rebus enqueues what failed at once
					}
					if got.FailedAt.Sub(want).Abs() >= time.Second || got.Dated != counts || got.FailedAt.Location() != time.UTC {
						t.Errorf("failed at %v, dated %v; want %v, %v", got.FailedAt, got.Dated, want, counts)
					}
					if _, err := json.Marshal(got); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// Our clock may be behind the broker's: what is enqueued now may fail now.
func TestATimeCountsWhateverOurClockSays(t *testing.T) {
	m := dated["masstransit"](enqueued.Format(time.RFC3339), enqueued)
	m.EnqueuedAt = enqueued
	for _, now := range []time.Time{enqueued.AddDate(0, 0, -1), enqueued, enqueued.AddDate(0, 0, 30)} {
		if got := failure.NewReader(failure.Config{}).Read(&m, now); !got.Dated || !got.FailedAt.Equal(enqueued) {
			t.Errorf("at %v it failed at %v, dated %v", now, got.FailedAt, got.Dated)
		}
	}
}

// FuzzDates: whatever a header says, and whenever a message was enqueued, the
// time of its failure can be written and lies within the bound.
func FuzzDates(f *testing.F) {
	names := []string{"rebus", "nservicebus", "nservicebus, a timestamp", "masstransit", "masstransit, a timestamp", "wolverine", "wolverine, a number", "plain"}
	for n := range names {
		for _, text := range []string{
			"9999-12-31T23:59:59.9999999-05:00", "0000-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z", "1970-01-01 00:00:00:000000 Z", "2026-11-24T13:41:31Z",
			"12/31/9999 23:59:59 -99:99", "24/11/2569 14:42:00 +01:00", "11/24/2026 2:41:30 PM +01:00", "24/11/26 14:42:00 +01:00",
		} {
			f.Add(n, text, int64(1e15), enqueued.UnixMilli())
			f.Add(n, text, enqueued.UnixMilli(), int64(0))
			f.Add(n, text, int64(-1<<63), int64(1<<63-1))
		}
	}
	now := enqueued.AddDate(0, 0, 3)
	f.Fuzz(func(t *testing.T, n int, text string, ms, came int64) {
		at := time.UnixMilli(ms)
		if text != "" {
			at = time.Time{}
		}
		m := dated[names[uint(n)%uint(len(names))]](text, at)
		m.EnqueuedAt = message.Moment(time.UnixMilli(came))
		got := failure.NewReader(failure.Config{}).Read(&m, now)
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
		from, until := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), now.Add(5*time.Minute)
		if !m.EnqueuedAt.IsZero() {
			from = m.EnqueuedAt.AddDate(-1, 0, 0)
			if late := m.EnqueuedAt.Add(5 * time.Minute); late.After(until) {
				until = late
			}
		}
		if got.FailedAt.IsZero() && m.EnqueuedAt.IsZero() && !got.Dated {
			return
		}
		if got.FailedAt.Before(from) || got.FailedAt.After(until) {
			t.Errorf("failed at %v, which is not between %v and %v", got.FailedAt, from, until)
		}
	})
}
