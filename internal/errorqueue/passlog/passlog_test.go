package passlog

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/triage"
)

// unwritten is a time that JSON has no form for.
var unwritten = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// writer is a log that says what it logs.
func writer() (Log, *bytes.Buffer) {
	lines := &bytes.Buffer{}
	return Log{Ledger: new(ledger.Memory), Environment: "test", Log: slog.New(slog.NewTextHandler(lines, nil)), Now: func() time.Time { return noon }}, lines
}

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

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
			l, lines := writer()
			pass := func(known map[string]triage.Tally) map[string]ledger.Row[scan.Progress] {
				t.Helper()
				was, err := l.Load(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				next := func(queue string, known map[string]triage.Tally) ledger.Row[scan.Progress] {
					row := was.Progress[queue]
					row.Key, row.Value.Next, row.Value.Known = queue, row.Value.Next+10, known
					return row
				}
				good := map[string]triage.Tally{"1-a": {Count: 1, Oldest: noon, Newest: noon}}
				if err := l.SaveProgress(t.Context(), []ledger.Row[scan.Progress]{next("a", good), next("spoilt", known), next("z", good)}); err != nil {
					t.Fatal(err)
				}
				if was, err = l.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
				return was.Progress
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
