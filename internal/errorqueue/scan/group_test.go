package scan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
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
