package shop

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

const jsonUTF8 = "application/json;charset=utf-8"

// A rebus writes messages as Rebus 8 and its Service Bus transport do: the
// headers are application properties, and some of them native fields too.
type rebus struct{ ids *rand.Rand }

// event is a message that a service publishes.
func (r rebus) event(typeName, sender string, body any, at time.Time) (*azservicebus.Message, error) {
	return r.message(typeName, sender, "pub", body, at)
}

// failed is a message that a service could not handle: a copy of the
// original with two headers more, as it lies in the error queue.
func (r rebus) failed(p Problem, order int, at time.Time) (*azservicebus.Message, error) {
	m, err := r.message(p.Message, Orders, "p2p", map[string]any{"OrderId": order, "CustomerId": fmt.Sprintf("c-%d", order%900+100)}, at.Add(-time.Second))
	if err != nil {
		return nil, err
	}
	m.ApplicationProperties["rbs2-source-queue"] = p.Queue
	m.ApplicationProperties["rbs2-error-details"] = errorDetails(p, p.describe(order), at)
	m.TimeToLive = new(math.MaxUint32 * time.Millisecond) // what "none" becomes on the wire
	return m, nil
}

func (r rebus) message(typeName, sender, intent string, body any, at time.Time) (*azservicebus.Message, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", typeName, err)
	}
	id := r.id()
	return &azservicebus.Message{
		MessageID:     new(id),
		CorrelationID: new(id),
		ContentType:   new(jsonUTF8),
		Subject:       new(short(typeName) + "/" + id),
		Body:          text,
		ApplicationProperties: map[string]any{
			"rbs2-msg-id":         id,
			"rbs2-msg-type":       typeName + ", " + assembly(typeName),
			"rbs2-corr-id":        id,
			"rbs2-corr-seq":       "0",
			"rbs2-intent":         intent,
			"rbs2-senttime":       at.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05.0000000-07:00"),
			"rbs2-return-address": sender,
			"rbs2-sender-address": sender,
			"rbs2-content-type":   jsonUTF8,
		},
	}, nil
}

// assembly is the part of a type's name that is its library's too.
func assembly(typeName string) string { return typeName[:strings.LastIndex(typeName, ".")] }

// id is a UUID of the story's own.
func (r rebus) id() string {
	a, b := r.ids.Uint64(), r.ids.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// again is the same message as the broker would deliver it a second time.
func again(m *azservicebus.Message) *azservicebus.Message {
	twin := *m
	twin.ApplicationProperties = maps.Clone(m.ApplicationProperties)
	return &twin
}
