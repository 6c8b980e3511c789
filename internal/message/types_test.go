package message_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

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
		{"brighter", message.Message{Properties: props{"cloudEvents:type": "shop.a", "MessageType": "MT_EVENT"}}, message.Brighter, []string{"shop.a"}},
		{"dapr", message.Message{Body: []byte(` {"data":{"type":"no"},"specversion":"1.0","type":"shop.a","pubsubname":"p"}`)}, message.Dapr, []string{"shop.a"}},
		{"dapr without type", message.Message{Body: []byte(`{"specversion":"1.0","pubsubname":"p"}`)}, message.Dapr, nil},
		{"structured cloud event with a subject", message.Message{
			Subject: "OrderPlaced", ContentType: "application/cloudevents+json", Body: []byte(`{"specversion":"1.0","type":"shop.a"}`),
		}, message.Plain, []string{"OrderPlaced", "shop.a"}},
		{"structured cloud event", message.Message{
			ContentType: "application/cloudevents+json", Body: []byte(`{"specversion":"1.0","type":"shop.a"}`),
		}, message.Plain, []string{"shop.a"}},
		{"binary cloud event", message.Message{Properties: props{"cloudEvents_type": "shop.a"}}, message.Plain, []string{"shop.a"}},
		{"binary cloud event with a subject", message.Message{Subject: "OrderPlaced", Properties: props{"cloudEvents:type": "shop.a", "cloudEvents:id": "1"}}, message.Plain, []string{"shop.a", "OrderPlaced"}},
		{"structured cloud event with a file's name as subject", message.Message{
			Subject: "invoices/40318.pdf", Body: []byte(`{"specversion":"1.0","type":"shop.a"}`),
		}, message.Plain, []string{"shop.a"}},
		{"a property, assembly-qualified", message.Message{Properties: props{"MessageType": "Shop.A, Shop, Version=1.0.0.0"}}, message.Plain, []string{"Shop.A"}},
		{"a property and a subject", message.Message{Subject: "OrderPlaced", Properties: props{"EventType": "Shop.Orders.OrderPlaced"}}, message.Plain, []string{"Shop.Orders.OrderPlaced", "OrderPlaced"}},
		{"a property of Spring", message.Message{Properties: props{"_type": "com.shop.orders.OrderPlaced"}}, message.Plain, []string{"com.shop.orders.OrderPlaced"}},
		{"a property in words", message.Message{Properties: props{"eventType": "order placed"}}, message.Plain, []string{"order placed"}},
		{"a property that is an id", message.Message{Properties: props{"type": "7f3c9a10-5d0a-4a2e-9d44-6f2f5f7f3b0a"}}, message.Plain, nil},
		{"event grid", message.Message{
			Properties: props{"aeg-event-type": "Notification"},
			Body:       []byte(`{"topic":"t","subject":"/blobs/4031.pdf","eventType":"Microsoft.Storage.BlobCreated","data":{"eventType":"no"},"dataVersion":""}`),
		}, message.Plain, []string{"Microsoft.Storage.BlobCreated"}},
		{"event grid, a list", message.Message{
			Body: []byte(`[ {"id":"1","data":{},"eventTime":"2026-10-05T09:10:11Z","eventType":"shop.a"}, {"eventType":"shop.b"}]`),
		}, message.Plain, []string{"shop.a"}},
		{"a body that only has such a key", message.Message{Body: []byte(`{"eventType":"shop.a"}`)}, message.Plain, nil},
		{"masstransit, xml", message.Message{
			ContentType: "application/vnd.masstransit+xml",
			Body: []byte("\ufeff<?xml version=\"1.0\"?><envelope><messageId>1</messageId><messageType json:Array=\"true\">urn:message:Shop:A</messageType>" +
				"<messageType>urn:message:Shop:IA</messageType><message><messageType>urn:message:Shop:No</messageType></message></envelope>"),
		}, message.MassTransit, []string{"Shop.A", "Shop.IA"}},
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

func TestASubjectIsATypeOnlyWhereItIsATypesName(t *testing.T) {
	for _, typ := range []string{
		"OrderPlaced", "order", "Shop.Orders.OrderPlaced", "Shop.Orders+Cancelled", "order-placed", "order_placed", "order.placed.v1", "orders:placed", "shop.order.placed.2",
		"ORDER_PLACED", "OrderPlacedV2", "Shop.V2.OrderPlaced", "S3ObjectCreated", "OAuth2TokenIssued", "Iso20022Payment", "Base64Decoded", "Shop.Export.Csv", "com.shop.Outer$Inner",
		"KøbGennemført", "注文確定", "nightly-close", "invoice.requested",
	} {
		if got := (&message.Message{Subject: typ}).Type(); got != typ {
			t.Errorf("Subject %q: Type = %q", typ, got)
		}
	}
	for written, want := range map[string]string{
		"Shop.Changed`1[[Shop.Customer, Shop]], Shop": "Shop.Changed[[Shop.Customer]]",
		"urn:message:Shop.Orders:OrderPlaced":         "Shop.Orders.OrderPlaced",
		"Shop.A, Shop.Contracts, Version=1.0.0.0":     "Shop.A",
	} {
		if got := (&message.Message{Subject: written}).Type(); got != want {
			t.Errorf("Subject %q: Type = %q, want %q", written, got, want)
		}
	}
	for _, subject := range []string{
		"invoice_2026_11_40318.pdf", "report.csv", "REPORT.PDF", "orders/2026/11/40318.json", `C:\drop\orders.xml`, "/blobServices/default/containers/invoices", "logo.png",
		"40318", "order-40318", "ORD40318", "c-771", "SKU-77", "SKU-RED-42", "INV-2026-11", "2026-10-05T09:14:22Z", "order-7",
		"7f3c9a10-5d0a-4a2e-9d44-6f2f5f7f3b0a", "7f3c9a105d0a4a2e9d446f2f5f7f3b0a", "{7f3c9a10-5d0a-4a2e-9d44-6f2f5f7f3b0a}", "01J8ZQ4Y6M3T2K1H0G9F8E7D6C", "device-ab12cd", "V1StGXR8_Z5jdHi6B-myT",
		"Order 40318 was placed", "Your order", "Hello, world", "Order placed.", "Hello...", "anna.rossi@shop.example", "https://shop.example/orders", "a=b", "what?", "<unknown>/1", "unknown/X", "", " ", "...", "-", ".a", "a..b",
	} {
		if got := (&message.Message{Subject: subject}).Type(); got != "" {
			t.Errorf("Subject %q: Type = %q, want none", subject, got)
		}
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
