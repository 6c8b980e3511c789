package lifecycle

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// unwritten is a time that JSON cannot encode.
var unwritten = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// numbered is an observer that only counts.
type numbered struct{ Observer }

func (numbered) Number(context.Context) (int64, error) { return 1, nil }

// begun is a change that opens an incident.
func begun(fingerprint string, firstSeen time.Time) *change {
	return &change{
		Stored:   incident.Stored{Incident: incident.Incident{Fingerprint: fingerprint, Generation: 1, State: incident.Open, FirstSeen: firstSeen, LastSeen: at8}},
		observed: incident.Observation{Origin: "error", Targets: func() []incident.Target { return []incident.Target{{Channel: "slack", To: "#bus"}} }},
		why:      reason.Reasons{reason.FirstSeen},
	}
}

func TestAnIncidentThatCannotBeWrittenStopsNoOther(t *testing.T) {
	lines := &bytes.Buffer{}
	log, l := slog.New(slog.NewTextHandler(lines, nil)), new(ledger.Memory)
	incidents := incident.Store{Ledger: l, Environment: "test"}
	delivery := &outbox.Delivery{Ledger: l, Environment: "test", Log: log}
	tracker := &Tracker{
		Deployment: notice.Deployment{Environment: "test"}, Incidents: incidents, Delivery: delivery, Log: log,
		Journal: &incident.Journal{Ledger: l, Environment: "test", Records: incidents, Delivery: delivery, Log: log},
	}
	large := begun("1-large", at8)
	large.Cause.Links = []incident.Link{{URL: strings.Repeat("x", ledger.MaxValue)}}
	changes := []*change{begun("1-a", at8), begun("1-bad", unwritten), large, begun("1-c", at8)}
	s := &State{conflicts: conflicts{}}
	if err := tracker.commit(t.Context(), s, numbered{}, changes); err != nil || s.Err() != nil || !s.Settled() {
		t.Fatalf("again %v, %v, %v", s.conflicts, err, s.Err())
	}
	all, err := incidents.All(t.Context())
	if err != nil || len(all) != 2 || all["1-a"].Generation != 1 || all["1-c"].Generation != 1 {
		t.Errorf("incidents %v, %v", all, err)
	}
	for row, err := range l.List(t.Context(), "test/notices") {
		if err != nil || bytes.Contains(row.Value, []byte("1-bad")) || bytes.Contains(row.Value, []byte("1-large")) {
			t.Errorf("said of what is not known: %s, %v", row.Value, err)
		}
	}
	for _, name := range []string{"record=1-bad", "record=1-large"} {
		if n := strings.Count(lines.String(), name); n != 1 {
			t.Errorf("%d lines name %s:\n%s", n, name, lines)
		}
	}
}
