package scan

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

// gathered are the groups of messages that a place holds.
func gathered(place source.Source, messages ...message.Message) triage.Groups {
	t := &triage.Triage{Reader: failure.NewReader(failure.Config{})}
	s := New(t, place, nil, Progress{}, nil, Limits{}, func() time.Time { return noon })
	for _, m := range messages {
		s.add(&m)
	}
	s.cursor.after(pollResult{ended: true})
	return s.Result().Groups
}

// only is the one group that there is.
func only(t *testing.T, groups triage.Groups) *triage.Group {
	t.Helper()
	if len(groups) != 1 {
		t.Fatalf("%d groups, want one", len(groups))
	}
	for _, g := range groups {
		return g
	}
	return nil
}

func failedAt(seq int64, id string, at time.Time) message.Message {
	return message.Message{Entity: "error", SequenceNumber: seq, ID: id, Subject: "Shop.Orders.OrderPlaced", EnqueuedAt: at}
}

func TestAGroupKeepsItsNewestMessages(t *testing.T) {
	g := only(t, gathered(source.Source{Queue: "error"},
		failedAt(1, "b", noon.Add(2*time.Minute)), failedAt(2, "e", noon.Add(5*time.Minute)), failedAt(3, "a", noon.Add(time.Minute)),
		failedAt(4, "d", noon.Add(4*time.Minute)), failedAt(5, "d2", noon.Add(4*time.Minute))))
	want := []triage.Sample{
		{SequenceNumber: 2, Identity: "e", FailedAt: noon.Add(5 * time.Minute)},
		{SequenceNumber: 5, Identity: "d2", FailedAt: noon.Add(4 * time.Minute)},
		{SequenceNumber: 4, Identity: "d", FailedAt: noon.Add(4 * time.Minute)},
	}
	if diff := cmp.Diff(want, g.Samples); diff != "" || g.Count != 5 {
		t.Errorf("of %d messages (-want +got):\n%s", g.Count, diff)
	}
}

func TestAGroupCountsTheHoursOfTheLastDay(t *testing.T) {
	g := only(t, gathered(source.Source{Queue: "error"},
		failedAt(1, "", noon.Add(-25*time.Hour)), failedAt(2, "", noon.Add(-23*time.Hour)),
		failedAt(3, "", noon.Add(-time.Minute)), failedAt(4, "", noon.Add(-2*time.Minute))))
	hour := noon.Unix() / 3600
	if diff := cmp.Diff(map[int64]int{hour - 23: 1, hour - 1: 2}, g.Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
}

func TestAGroupEndsWithItsFirstTimeToLive(t *testing.T) {
	endless, long, short := failedAt(1, "", noon), failedAt(2, "", noon), failedAt(3, "", noon)
	long.TimeToLive, short.TimeToLive = 48*time.Hour, time.Hour
	if g := only(t, gathered(source.Source{Queue: "error"}, endless, long, short)); !g.Expires.Equal(noon.Add(time.Hour)) {
		t.Errorf("ends at %v, want an hour after noon", g.Expires)
	}
	if g := only(t, gathered(source.Source{Queue: "error", DeadLetter: true}, long, short)); !g.Expires.IsZero() {
		t.Errorf("a dead letter ends at %v, and none does", g.Expires)
	}
}

// Twenty sources of 500 kinds, each with a trace of 32 KB, must fit into the memory.
func TestWhatIsNotShownOfManyGroupsIsNotKept(t *testing.T) {
	trace := strings.Repeat("   at Shop.Billing.Recursion.Deeper(Int32 depth) in /src/Shop.Billing/Recursion.cs:line 17\n", 350)
	peeker := peekerFunc(func(yield func(message.Message, error) bool) {
		for i := range triage.MaxGroups {
			m := failedAt(int64(i+1), fmt.Sprint(i), noon)
			m.Properties = map[string]any{
				"rbs2-msg-type":      fmt.Sprintf("Shop.Charge%d, Shop", i),
				"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.Refused: order of ada@shop.example " + strings.Repeat("é", 2<<10) + "\n" + trace,
			}
			if !yield(m, nil) {
				return
			}
		}
	})
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	triager := &triage.Triage{Reader: failure.NewReader(failure.Config{}), Masker: masker}
	s := New(triager, source.Source{Queue: "error"}, peeker, Progress{}, nil, Limits{Batch: 1000, Timeout: time.Minute}, func() time.Time { return noon })
	for s.Poll(t.Context()) {
	}
	groups := s.Result().Groups
	kept, whole := 0, 0
	for _, g := range groups {
		kept += len(g.Failure.Trace) + len(g.Failure.ExceptionMessage) + message.Size(&g.Message)
		if !g.Shortened {
			whole++
		}
		if shown := triager.Shown(g.Failure).Trace; len(shown) < 700 || !strings.HasPrefix(shown, "Shop.Refused: order of [e-mail]") {
			t.Fatalf("shown of a trace: %q", shown)
		}
	}
	if len(groups) != triage.MaxGroups || whole < 5 || kept > 3<<20 {
		t.Errorf("%d groups keep %d bytes, %d of them the whole trace; want at most 3 MiB, and some whole", len(groups), kept, whole)
	}
}

type peekerFunc func(yield func(message.Message, error) bool)

func (f peekerFunc) Peek(_ context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		f(func(m message.Message, err error) bool { return m.SequenceNumber < from || yield(m, err) })
	}
}
