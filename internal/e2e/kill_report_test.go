//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// unsaid is how many notices are to be said, and plans to be carried out.
func (d *badDay) unsaid() int {
	n := 0
	for stage, number := range d.stages() {
		if stage == "pending" || stage == "sending" {
			n += number
		}
	}
	for e, err := range d.store.List(context.WithoutCancel(d.t.Context()), d.environment+"/journal") {
		if err != nil || e.Key.Row != "" {
			n++
		}
	}
	return n
}

// stages counts the notices in the ledger by how far they have come.
func (d *badDay) stages() map[string]int {
	d.t.Helper()
	stages := map[string]int{}
	for e, err := range d.store.List(context.WithoutCancel(d.t.Context()), d.environment+"/notices") {
		if err != nil {
			d.t.Fatal(err)
		}
		var row struct{ Stage string }
		if err := json.Unmarshal(e.Value, &row); err != nil {
			d.t.Fatal(err)
		}
		stages[row.Stage]++
	}
	return stages
}

// report prints the table of outcomes.
func (d *badDay) report() {
	d.t.Helper()
	stages := d.stages()
	notices := 0
	for _, n := range stages {
		notices += n
	}
	lives := 0
	for _, k := range d.kinds {
		lives += len(k.lives)
	}
	d.t.Logf("%d notices in %d channels, %d instances in %d-fold hurry, %s", notices, killPlaces, len(d.instances), d.hurry, d.took.Round(time.Second/10))
	d.t.Logf("  notices: %s", list(stages))
	d.t.Logf("  failures: %d kinds, %d lives; events: %d", len(d.kinds), lives, d.events)
	d.t.Logf("  killed: %s; passes: %d good, %d not", list(d.kills), d.passes.good.Load(), d.passes.failed.Load())
	d.t.Logf("  faults: %s", list(d.chaos.met))
	for _, m := range d.roots("bus-errors") {
		d.t.Logf("  our own trouble: %s", m.Text)
	}
	if notices < d.notices || stages["dead"] > 0 {
		d.t.Errorf("%d notices, %d of them given up", notices, stages["dead"])
	}
	if strings.Contains(d.log.String(), "panic") {
		d.t.Error("a handler has panicked")
	}
}

func list(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(parts, ", ")
}
