package servicebus

import (
	"errors"
	"testing"

	emulator "github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/setting"
)

// A queue that cannot be read is no reason to cut off the others.
func TestRefusalsReplaceNoConnection(t *testing.T) {
	s, err := emulator.Start(emulator.Config{Queues: []emulator.Queue{{Name: "in-turn", RequiresSession: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	c, err := New(Config{ConnectionString: setting.Secret(s.ConnectionString())})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	first := c.current
	for range 4 {
		for entity, want := range map[string]error{"missing": message.ErrMissing, "in-turn": message.ErrNeedsSession} {
			for _, err := range c.Source(entity).Peek(t.Context(), 0) {
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", entity, err, want)
				}
			}
		}
	}
	if c.current != first {
		t.Error("another connection replaced the one that answers")
	}
}
