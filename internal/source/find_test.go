package source

import (
	"slices"
	"testing"
)

func TestPatternsMeanWhatTheyMatch(t *testing.T) {
	there := []Entity{
		{Queue: "error"},
		{Queue: "billing_error"},
		{Queue: "Stock_Error"},
		{Queue: "billing"},
		{Queue: "passed_error", Forwards: true},
		{Queue: "busbell-events"},
		{Topic: "orders", Subscription: "invoicing"},
		{Topic: "orders", Subscription: "reports"},
		{Topic: "stock", Subscription: "reports"},
		{Topic: "orders", Subscription: "busbell", Forwards: true},
	}
	for _, tt := range []struct {
		name   string
		places []Source
		want   []string
	}{
		{"no pattern", []Source{{Queue: "error"}, {Queue: "nowhere"}}, []string{"error", "nowhere"}},
		{"an ending, whatever its case", []Source{{Queue: "*_error"}}, []string{"billing_error", "Stock_Error"}},
		{"stars around", []Source{{Queue: "*ill*"}}, []string{"billing_error", "billing"}},
		{"every dead-letter queue but our own, forwarding or not", []Source{{Queue: "*", DeadLetter: true}}, []string{
			"error/$DeadLetterQueue", "billing_error/$DeadLetterQueue", "Stock_Error/$DeadLetterQueue", "billing/$DeadLetterQueue", "passed_error/$DeadLetterQueue",
		}},
		{"transfer dead-letter queues", []Source{{Queue: "bill*g", TransferDeadLetter: true}}, []string{"billing/$Transfer/$DeadLetterQueue"}},
		{"subscriptions of a topic", []Source{{Topic: "orders", Subscription: "*", DeadLetter: true}}, []string{
			"orders/Subscriptions/invoicing/$DeadLetterQueue", "orders/Subscriptions/reports/$DeadLetterQueue", "orders/Subscriptions/busbell/$DeadLetterQueue",
		}},
		{"a subscription of all topics", []Source{{Topic: "*", Subscription: "reports", DeadLetter: true}}, []string{
			"orders/Subscriptions/reports/$DeadLetterQueue", "stock/Subscriptions/reports/$DeadLetterQueue",
		}},
		{"what is named plainly keeps its name", []Source{{Queue: "*_error"}, {Queue: "BILLING_ERROR", Name: "bills"}}, []string{"Stock_Error", "bills"}},
		{"two patterns that meet", []Source{{Queue: "bill*_error"}, {Queue: "*_error"}}, []string{"billing_error", "Stock_Error"}},
		{"nothing matches", []Source{{Queue: "*_skipped"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range Expand(tt.places, there, []string{"Busbell-Events"}) {
				if p.Pattern() {
					t.Errorf("%s is still a pattern", p.Entity())
				}
				got = append(got, p.Label())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Resolve = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOnlyWhatPatternsCanMeanIsListed(t *testing.T) {
	if _, some := NewQuery([]Source{{Queue: "error"}, {Topic: "a", Subscription: "b", DeadLetter: true}}); some {
		t.Error("nothing is to be found, and all is listed")
	}
	if s, some := NewQuery([]Source{{Queue: "*_error"}}); !some || !s.Queues || s.Topics != nil {
		t.Errorf("Seek = %+v, %v", s, some)
	}
	s, some := NewQuery([]Source{{Topic: "Orders", Subscription: "*", DeadLetter: true}, {Topic: "shop.*", Subscription: "x", DeadLetter: true}})
	if !some || s.Queues || !s.Topics("orders") || !s.Topics("shop.stock") || s.Topics("billing") {
		t.Errorf("Seek = %+v, %v", s, some)
	}
}
