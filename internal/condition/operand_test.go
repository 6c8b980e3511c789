package condition_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/condition"
)

func TestOperandsSayWhatTheMessageHas(t *testing.T) {
	vars := &condition.EventVars{
		Event:   map[string]any{"orderId": int64(40318), "Level": "Silver", "Customer": map[string]any{"Name": "Ann"}, "Lines": []any{int64(1)}},
		Headers: map[string]string{"x-tenant": "north"},
		Message: condition.Message{Type: "Shop.Orders.OrderPlaced"},
	}
	for text, want := range map[string][]string{
		`event.Level in ["Gold"] && event.Level != "x"`:       {`event.Level is "Silver"`},
		`event.OrderId > 3`:                                   {`no OrderId; did you mean orderId?`},
		`event.Customer.Nam == "x" || event.Lines.size() > 1`: {`no Customer.Nam; did you mean Name?`, `event.Lines is a list of 1`},
		`has(event.Level) && message.type.startsWith("Shop")`: {`event.Level is "Silver"`, `message.type is "Shop.Orders.OrderPlaced"`},
		`headers["x-tenant"] == "south"`:                      {`headers.x-tenant is "north"`},
		`event.orderId.deeper == 1`:                           {`no orderId.deeper`},
		`event.Lines.exists(l, l.Total > 3)`:                  {`event.Lines is a list of 1`},
		`true`:                                                nil,
	} {
		c, problems := condition.Compile(text, condition.Events)
		if problems != nil {
			t.Fatalf("%s: %v", text, problems)
		}
		var got []string
		for _, o := range c.Operands(vars) {
			got = append(got, o.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestOperandsOfATextAreSaidOnce(t *testing.T) {
	text, problems := condition.CompileText("{event.A} and {event.A} and {feature.name}", condition.Milestones)
	if problems != nil {
		t.Fatal(problems)
	}
	got := text.Operands(&condition.EventVars{Event: map[string]any{}, Feature: condition.Feature{Name: "orders"}})
	if len(got) != 2 || got[0].String() != "no A" || got[1].String() != `feature.name is "orders"` {
		t.Errorf("operands: %v", got)
	}
}

func TestATrialSaysWhyAConditionDoesNotHold(t *testing.T) {
	c, problems := condition.Compile(`event.OrderId > 3`, condition.Events)
	if problems != nil {
		t.Fatal(problems)
	}
	got := c.Try(&condition.EventVars{Event: map[string]any{"orderId": int64(7)}})
	if got.Holds || got.Err == nil || got.When != "event.OrderId > 3" || len(got.Asked) != 1 || got.Asked[0].String() != "no OrderId; did you mean orderId?" {
		t.Errorf("trial: %+v", got)
	}
	if got := c.Try(&condition.EventVars{Event: map[string]any{"OrderId": int64(7)}}); !got.Holds || got.Err != nil {
		t.Errorf("trial: %+v", got)
	}
	if got := (*condition.Condition)(nil).Try(nil); !got.Holds || got.When != "" {
		t.Errorf("without a condition: %+v", got)
	}
}
