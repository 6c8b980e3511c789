package message_test

import (
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/message"
)

func placesOf(t *testing.T, texts ...string) message.Places {
	t.Helper()
	var all message.Places
	for _, text := range texts {
		p, err := message.ParsePlace(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestTheFirstPlaceThatIsThereCounts(t *testing.T) {
	m := message.Message{
		Subject: "OrderPlaced", Properties: map[string]any{"kind": "Shop.A, Shop", "code": int32(7), "empty": "", "null": nil, "bytes": []byte("x")},
		Body: []byte(`{"meta":{"type":"Shop.B","deep":{"n":1}},"eventType":"Shop.C","a.b":"dotted","n":12,"none":null,"list":[1]}`),
	}
	for _, tt := range []struct {
		places []string
		want   string
	}{
		{[]string{"property:kind"}, "Shop.A, Shop"},
		{[]string{"property:code"}, "7"},
		{[]string{"property:missing", "property:empty", "property:null", "property:bytes", "body:eventType"}, "Shop.C"},
		{[]string{"body:meta.type"}, "Shop.B"},
		{[]string{"body:a.b"}, "dotted"},
		{[]string{"body:n"}, "12"},
		{[]string{"body:meta.deep"}, `{"n":1}`},
		{[]string{"body:none", "body:missing", "body:meta.missing", "body:list.0", "body:n.x"}, ""},
		{nil, ""},
	} {
		if got := placesOf(t, tt.places...).Text(&m); got != tt.want {
			t.Errorf("%q = %q, want %q", tt.places, got, tt.want)
		}
	}
	for _, text := range []string{"", ":", "kind", "header:kind", "property:", "body:"} {
		if _, err := message.ParsePlace(text); err == nil {
			t.Errorf("%q is a place", text)
		}
	}
	if got := placesOf(t, "property:kind").Types(&m); !slices.Equal(got, []string{"Shop.A", "OrderPlaced"}) {
		t.Errorf("types = %q", got)
	}
	if got := placesOf(t, "property:missing").Types(&m); !slices.Equal(got, []string{"OrderPlaced"}) {
		t.Errorf("types = %q", got)
	}
}

func FuzzPlace(f *testing.F) {
	f.Add([]byte(`{"a":{"b":{"c":"x"}}}`), "a.b.c")
	f.Add([]byte(`[{"a":1}`), "a")
	f.Add([]byte(`{"a":{"a":{"a":`), "a.a.a.a")
	f.Fuzz(func(t *testing.T, body []byte, key string) {
		p, err := message.ParsePlace("body:" + key)
		if err != nil {
			return
		}
		if got := p.Text(&message.Message{Body: body}); len(got) > 3*len(body) {
			t.Errorf("%d bytes of %d", len(got), len(body))
		}
	})
}
