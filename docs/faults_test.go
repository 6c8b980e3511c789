package docs

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/emulator/control"
)

func TestFaultsPageListsWhatTheEmulatorTakes(t *testing.T) {
	page, err := os.ReadFile("faults.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []control.Kind
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:the|links|a peek)").FindAllSubmatch(page, -1) {
		listed = append(listed, control.Kind(m[1]))
	}
	for _, kind := range control.Bus {
		if !slices.Contains(listed, kind) {
			t.Errorf("the page does not explain %s", kind)
		}
	}
	known := append(slices.Clone(control.Bus), "entity", "method")
	for _, kind := range listed {
		if !slices.Contains(known, kind) {
			t.Errorf("the page explains %s, which does not exist", kind)
		}
	}
	examples := regexp.MustCompile(`\{"[^}]*"kind"[^}]*\}|\{"kind"[^}]*\}`).FindAll(page, -1)
	if len(examples) < 8 {
		t.Errorf("%d examples", len(examples))
	}
	for _, example := range examples {
		var f control.Fault
		if err := json.Unmarshal(example, &f); err != nil || !slices.Contains(control.Bus, f.Kind) {
			t.Errorf("%s: kind %q, %v", example, f.Kind, err)
		}
	}
}
