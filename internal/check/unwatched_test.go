package check

import (
	"testing"

	"github.com/busbell/busbell/internal/message/servicebus"
)

func TestEveryFrameworksErrorQueueIsKnownByItsName(t *testing.T) {
	for name, failed := range map[string]bool{
		"error":                       true, // Rebus, NServiceBus
		"billing_error":               true, // MassTransit
		"billing_skipped":             true, // MassTransit: no consumer takes the type
		"wolverine-dead-letter-queue": true,
		"Shop.Dead-Letter-Queue":      true,
		"shop.deadletters":            true,
		"orders-poison":               true,
		"billing":                     false,
		"error-reports":               false,
		"letters":                     false,
		"terror":                      false,
		"queue":                       false,
	} {
		s := survey{checkup: &checkup{}, listed: []servicebus.Entity{{Queue: name, Active: 2}}}
		want := Fact{Name: "unwatched", OK: true, Detail: "nothing that has failed lies elsewhere"}
		if failed {
			want = Fact{Name: "unwatched " + name, OK: true, Detail: "2 messages, and nobody watches it", Cure: "add to watch.sources: {queue: " + name + "}"}
		}
		if got := s.unwatched(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
