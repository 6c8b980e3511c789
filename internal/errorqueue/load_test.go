package errorqueue

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// unwritten is a time that JSON has no form for.
var unwritten = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// writer is a watch that only writes, and what it logs.
func writer(t *testing.T) (*Watch, *bytes.Buffer) {
	t.Helper()
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	lines := &bytes.Buffer{}
	log, l := slog.New(slog.NewTextHandler(lines, nil)), new(ledger.Memory)
	incidents := incident.Store{Ledger: l, Environment: "test"}
	delivery := &outbox.Delivery{Ledger: l, Environment: "test", Log: log}
	return &Watch{
		Deployment: notice.Deployment{Environment: "test"}, Incidents: incidents, Delivery: delivery,
		Journal: &incident.Journal{Ledger: l, Environment: "test", Records: incidents, Delivery: delivery, Log: log},
		Chat:    incident.Target{Channel: "slack", To: "#bus"}, Triage: triage.Triage{Masker: masker}, Log: log, Now: func() time.Time { return noon },
	}, lines
}

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

// begun is a change that begins to tell an incident.
func begun(fingerprint string, firstSeen time.Time) *change {
	return &change{
		Stored:   incident.Stored{Incident: incident.Incident{Fingerprint: fingerprint, Generation: 1, State: incident.Open, FirstSeen: firstSeen, LastSeen: noon}},
		observed: observation{source: source.Source{Queue: "error"}}, why: []Reason{FirstSeen},
	}
}

func TestAnIncidentThatCannotBeWrittenStopsNoOther(t *testing.T) {
	w, lines := writer(t)
	large := begun("1-large", noon)
	large.Links = []incident.Link{{URL: strings.Repeat("x", ledger.MaxValue)}}
	changes := []*change{begun("1-a", noon), begun("1-bad", unwritten), large, begun("1-c", noon)}
	p := &passState{loaded: loaded{last: history{row: ledger.Ref{Key: lastPass}}}, conflicts: conflicts{}}
	if err := w.commit(t.Context(), p, changes); err != nil || p.Err() != nil || len(p.conflicts) > 0 {
		t.Fatalf("again %v, %v, %v", p.conflicts, err, p.Err())
	}
	all, err := w.Incidents.All(t.Context())
	if err != nil || len(all) != 2 || all["1-a"].Generation != 1 || all["1-c"].Generation != 1 {
		t.Errorf("incidents %v, %v", all, err)
	}
	for row, err := range w.Incidents.Ledger.List(t.Context(), "test/notices") {
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

// A source whose progress cannot be kept is read anew. The others go on.
func TestAPlaceThatCannotBeWrittenBeginsAnew(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, seed))
	large := map[string]triage.Tally{}
	for range 30_000 { // packed, each takes 24 bytes at least
		large[fmt.Sprintf("%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64())] = triage.Tally{Count: 1}
	}
	for name, known := range map[string]map[string]triage.Tally{
		"a time without a form": {"1-bad": {Count: 1, Oldest: unwritten, Newest: noon}},
		"a row too large":       large,
	} {
		t.Run(name, func(t *testing.T) {
			w, lines := writer(t)
			pass := func(known map[string]triage.Tally) map[string]ledger.Row[scan.Progress] {
				t.Helper()
				was, err := w.load(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				next := func(queue string, known map[string]triage.Tally) *scanResult {
					p := was.progress[queue]
					p.Value.Next, p.Value.Known = p.Value.Next+10, known
					return &scanResult{Result: scan.Result{Source: source.Source{Queue: queue}, Progress: p.Value}, row: p}
				}
				good := map[string]triage.Tally{"1-a": {Count: 1, Oldest: noon, Newest: noon}}
				if err := w.saveProgress(t.Context(), []*scanResult{next("a", good), next("spoilt", known), next("z", good)}); err != nil {
					t.Fatal(err)
				}
				if was, err = w.load(t.Context()); err != nil {
					t.Fatal(err)
				}
				return was.progress
			}
			pass(nil)
			kept := pass(known)
			if kept["a"].Value.Next != 20 || kept["z"].Value.Next != 20 || kept["spoilt"].Value.Next != 0 {
				t.Errorf("they go on at %d, %d and, of the spoilt one, %d; want 20, 20 and 0", kept["a"].Value.Next, kept["z"].Value.Next, kept["spoilt"].Value.Next)
			}
			if n := strings.Count(lines.String(), "source=spoilt"); n != 1 {
				t.Errorf("%d lines name it:\n%s", n, lines)
			}
			if kept = pass(nil); kept["spoilt"].Value.Next != 10 {
				t.Errorf("it goes on at %d, want 10", kept["spoilt"].Value.Next)
			}
		})
	}
}
