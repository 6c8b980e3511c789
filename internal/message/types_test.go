package message_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

func TestOneTypeHasOneName(t *testing.T) {
	for _, tt := range []struct{ written, want string }{
		{"Shop.Orders.OrderPlaced, Shop.Orders", "Shop.Orders.OrderPlaced"},
		{"Shop.Orders.OrderPlaced, Shop.Orders, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null", "Shop.Orders.OrderPlaced"},
		{"Shop.Orders+Cancelled, Shop", "Shop.Orders+Cancelled"},
		{"order-placed", "order-placed"},
		{"", ""},
		{"Ns.Changed`1[[Ns.Customer, Asm]], Asm", "Ns.Changed[[Ns.Customer]]"},
		{"Ns.Changed`1[[Ns.Customer, Asm, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null]], Asm, Version=1.0.0.0", "Ns.Changed[[Ns.Customer]]"},
		{"Ns.Pair`2[[A.B, X],[C.D, Y]], Z", "Ns.Pair[[A.B],[C.D]]"},
		{"Ns.Pair`2[[A.B, X], [C.D, Y]], Z", "Ns.Pair[[A.B],[C.D]]"},
		{"Ns.A`1[[Ns.B`1[[Ns.C, X]], X]], X", "Ns.A[[Ns.B[[Ns.C]]]]"},
		{"Ns.Outer`1+Inner[[Ns.C, X]], X", "Ns.Outer+Inner[[Ns.C]]"},
		{"Ns.Outer`1+Inner`1[[Ns.C, X],[Ns.D, X]], X", "Ns.Outer+Inner[[Ns.C],[Ns.D]]"},
		{"Ns.A`1[Ns.C]", "Ns.A[[Ns.C]]"},
		{"Ns.Pair`2[Ns.C,Ns.D]", "Ns.Pair[[Ns.C],[Ns.D]]"},
		{"Ns.A`1[[Ns.C[], X]], X", "Ns.A[[Ns.C[]]]"},
		{"Ns.C[], X", "Ns.C[]"},
		{"urn:message:Shop.Orders:OrderPlaced", "Shop.Orders.OrderPlaced"},
		{"urn:message:Shop.Orders:Shipment+Lost", "Shop.Orders.Shipment+Lost"},
		{"urn:message:Ns:Changed[[Ns:Customer]]", "Ns.Changed[[Ns.Customer]]"},
		{"urn:message:Ns:Pair[[A:B],[C:D]]", "Ns.Pair[[A.B],[C.D]]"},
		{"urn:message:OrderPlaced", "OrderPlaced"},
		{"Ns.Changed<Customer>", "Ns.Changed[[Customer]]"},
		{"Ns.Pair<A,Ns.B<C>>", "Ns.Pair[[A],[Ns.B[[C]]]]"},
		{"Ns.Broken`1[[Ns.C", "Ns.Broken[[Ns.C]]"},
		{"Ns.Broken`1[[[Ns.C", "Ns.Broken[[[[Ns.C]]]]"},
	} {
		if got := message.TypeName(tt.written); got != tt.want {
			t.Errorf("TypeName(%q) = %q, want %q", tt.written, got, tt.want)
		}
	}
}

func TestTypesOfEvents(t *testing.T) {
	type props = map[string]any
	for _, tt := range []struct {
		name      string
		m         message.Message
		framework message.Framework
		want      []string
	}{
		{"rebus", message.Message{Properties: props{"rbs2-msg-type": "Shop.A, Shop"}}, message.Rebus, []string{"Shop.A"}},
		{"rebus, a name of one's own", message.Message{Properties: props{"rbs2-msg-type": "shop.changed<customer>"}}, message.Rebus, []string{"shop.changed<customer>"}},
		{"rebus without type", message.Message{Subject: "<unknown>/1", Properties: props{"rbs2-msg-id": "1"}}, message.Rebus, nil},
		{"nservicebus, all", message.Message{Properties: props{"NServiceBus.EnclosedMessageTypes": "Shop.A, Shop;Shop.IA, Shop"}}, message.NServiceBus, []string{"Shop.A", "Shop.IA"}},
		{"masstransit envelope, all", message.Message{
			ContentType: "application/vnd.masstransit+json",
			Body:        []byte(`{"messageId":"1","messageType":["urn:message:Shop:A","urn:message:Shop:IA"],"message":{}}`),
		}, message.MassTransit, []string{"Shop.A", "Shop.IA"}},
		{"masstransit raw", message.Message{Properties: props{"MT-MessageType": "urn:message:Shop:A;urn:message:Shop:IA"}}, message.MassTransit, []string{"Shop.A", "Shop.IA"}},
		{"masstransit fault, generic", message.Message{
			Properties: props{"MT-Fault-MessageType": "Shop.Changed<Customer>", "MT-Reason": "fault"},
			Body:       []byte(`{"messageType":["urn:message:Shop:IChanged","urn:message:Shop:Changed[[Shop.Contracts:Customer]]"]}`),
		}, message.MassTransit, []string{"Shop.Changed[[Shop.Contracts.Customer]]", "Shop.IChanged"}},
		{"masstransit fault, generic without envelope", message.Message{
			Properties: props{"MT-Fault-MessageType": "Shop.Changed<Customer>", "MT-Reason": "fault"},
		}, message.MassTransit, []string{"Shop.Changed[[Customer]]"}},
		{"wolverine", message.Message{Subject: "Shop.A", Properties: props{"wolverine-protocol-version": "1.0"}}, message.Wolverine, []string{"Shop.A"}},
		{"wolverine, mapper", message.Message{Subject: "a", Properties: props{"wolverine-protocol-version": "1.0", "message-type": "Shop.A"}}, message.Wolverine, []string{"Shop.A"}},
		{"wolverine, unknown", message.Message{Subject: "unknown/X", Properties: props{"wolverine-protocol-version": "1.0"}}, message.Wolverine, nil},
		{"brighter", message.Message{Properties: props{"cloudEvents:type": "shop.a"}}, message.Brighter, []string{"shop.a"}},
		{"dapr", message.Message{Body: []byte(` {"data":{"type":"no"},"specversion":"1.0","type":"shop.a","pubsubname":"p"}`)}, message.Dapr, []string{"shop.a"}},
		{"dapr without type", message.Message{Body: []byte(`{"specversion":"1.0","pubsubname":"p"}`)}, message.Dapr, nil},
		{"structured cloud event with a subject", message.Message{
			Subject: "OrderPlaced", ContentType: "application/cloudevents+json", Body: []byte(`{"specversion":"1.0","type":"shop.a"}`),
		}, message.Plain, []string{"OrderPlaced", "shop.a"}},
		{"structured cloud event", message.Message{
			ContentType: "application/cloudevents+json", Body: []byte(`{"specversion":"1.0","type":"shop.a"}`),
		}, message.Plain, []string{"shop.a"}},
		{"binary cloud event", message.Message{Properties: props{"cloudEvents_type": "shop.a"}}, message.Plain, []string{"shop.a"}},
		{"plain", message.Message{Subject: "OrderPlaced"}, message.Plain, []string{"OrderPlaced"}},
		{"plain, a label of Rebus", message.Message{Subject: "OrderPlaced/17", ID: "17"}, message.Plain, nil},
		{"a property of the wrong type", message.Message{Properties: props{"rbs2-msg-type": int32(3)}}, message.Rebus, nil},
		{"nothing", message.Message{}, message.Plain, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.m.Framework(); got != tt.framework {
				t.Errorf("Framework = %q, want %q", got, tt.framework)
			}
			if got := tt.m.Types(); !slices.Equal(got, tt.want) {
				t.Errorf("Types = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFixturesTellFrameworkAndType(t *testing.T) {
	for path, data := range fixtures(t) {
		f, err := messagefile.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Expect struct {
				Framework   message.Framework
				MessageType string
			}
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		if got := f.Message.Framework(); got != want.Expect.Framework {
			t.Errorf("%s: Framework = %q, want %q", path, got, want.Expect.Framework)
		}
		if got := f.Message.Type(); got != want.Expect.MessageType {
			t.Errorf("%s: Type = %q, want %q", path, got, want.Expect.MessageType)
		}
	}
}

func TestIdentityStaysOverRetries(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    message.Message
		want string
	}{
		{"rebus", message.Message{ID: "native", Properties: map[string]any{"rbs2-msg-id": "own"}}, "own"},
		{"rebus with native headers", message.Message{ID: "native", Properties: map[string]any{"rbs2-msg-type": "A"}}, "native"},
		{"nservicebus", message.Message{ID: "new each time", Properties: map[string]any{"NServiceBus.MessageId": "own"}}, "own"},
		{"masstransit envelope", message.Message{ID: "native", ContentType: "application/vnd.masstransit+json", Body: []byte(`{"messageId":"own","messageType":["urn:message:A:B"]}`)}, "own"},
		{"masstransit raw", message.Message{ID: "native", Properties: map[string]any{"MT-Reason": "fault"}, Body: []byte(`{"messageId":"the sender's","messageType":"x"}`)}, "native"},
		{"plain", message.Message{ID: "native"}, "native"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.m.Identity(); got != tt.want {
				t.Errorf("Identity = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTraceIDIsW3C(t *testing.T) {
	const id, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for _, tt := range []struct {
		name string
		m    message.Message
		want string
	}{
		{"azure", message.Message{Properties: map[string]any{"Diagnostic-Id": parent}}, id},
		{"w3c", message.Message{Properties: map[string]any{"traceparent": parent}}, id},
		{"dapr", message.Message{Body: []byte(`{"specversion":"1.0","type":"a","pubsubname":"p","traceparent":"` + parent + `"}`)}, id},
		{"hierarchical", message.Message{Properties: map[string]any{"Diagnostic-Id": "|4bf92f3577b34da6a3ce929d0e0e4736.1."}}, ""},
		{"zeros", message.Message{Properties: map[string]any{"traceparent": "00-00000000000000000000000000000000-00f067aa0ba902b7-01"}}, ""},
		{"not hex", message.Message{Properties: map[string]any{"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e47zz-00f067aa0ba902b7-01"}}, ""},
		{"no string", message.Message{Properties: map[string]any{"traceparent": 1}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.m.TraceID(); got != tt.want {
				t.Errorf("TraceID = %q, want %q", got, tt.want)
			}
		})
	}
}

func BenchmarkTypes(b *testing.B) {
	for _, path := range []string{"captured/rebus/rebus-8-en-us-plain.json", "captured/masstransit/masstransit-8-saga.json", "failed-messages/dapr-cloudevent.json", "failed-messages/plain-empty-body.json"} {
		f, err := messagefile.Decode(fixtures(b)[path])
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Message.Types()
			}
		})
	}
}
