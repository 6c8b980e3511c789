package triage

import (
	"fmt"
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// Limits of what is read from a body.
const (
	maxFields = 10
	maxDepth  = 5
	maxValue  = 200 // bytes
)

// FieldsOf are the values of a body that the configuration allows to be shown.
// Nothing else of a body is ever shown.
func (t *Triage) FieldsOf(m *message.Message) []incident.Fact {
	if !t.Masker.ShowsAny() || m.Body == nil {
		return nil
	}
	body, err := m.Event()
	if err != nil {
		return nil // reported elsewhere; it has no fields
	}
	return t.pick(nil, body, maxDepth)
}

func (t *Triage) pick(found []incident.Fact, v any, depth int) []incident.Fact {
	object, ok := v.(map[string]any)
	if !ok || depth == 0 {
		return found
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch value := object[name].(type) {
		case map[string]any:
			found = t.pick(found, value, depth-1)
		case string, bool, int64, float64:
			if t.Masker.Shows(name) && len(found) < maxFields {
				found = append(found, incident.Fact{Name: name, Value: t.Masker.Field(name, fmt.Sprint(value), maxValue)})
			}
		}
	}
	return found
}
