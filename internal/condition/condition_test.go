package condition_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/condition"
)

func TestConditionsHold(t *testing.T) {
	watch := &condition.WatchVars{
		Failure:  condition.Failure{Framework: "rebus", MessageType: "Shop.Billing.ChargeCard", ExceptionType: "Shop.CardExpired", InnerType: "System.TimeoutException", InnerMessage: "too slow", FailedAt: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)},
		Incident: condition.Incident{Count: 100, Generation: 1, Age: 3 * time.Hour, FirstSeen: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)},
		Source:   condition.Source{Name: "error", Entity: "error", DeadLetter: true},
	}
	event := &condition.EventVars{
		Event: map[string]any{
			"Level": "Gold", "Total": 12.5, "Count": int64(12), "Paid": true, "Note": nil,
			"Items": []any{map[string]any{"Price": int64(3)}, map[string]any{"Price": 4.5}},
		},
		Headers: map[string]string{"rbs2-intent": "pub"},
		Message: condition.Message{Type: "Shop.Loyalty.CustomerLevelReached", EnqueuedAt: time.Unix(0, 0)},
		Feature: condition.Feature{Name: "orders", Count: 100},
	}
	for _, tt := range []struct {
		scope condition.Scope
		text  string
		want  bool
	}{
		{condition.Failures, `failure.messageType.startsWith("Shop.Billing.")`, true},
		{condition.Failures, `failure.handler == ""`, true},
		{condition.Failures, `failure.innerType == "System.TimeoutException" && failure.innerMessage.contains("slow")`, true},
		{condition.Incidents, `failure.innerMessage == ""`, false},
		{condition.Failures, `source.deadLetter && source.entity == "error"`, true},
		{condition.Incidents, `incident.count >= 100 || incident.age > duration("2h")`, true},
		{condition.Incidents, `incident.age > duration("4h")`, false},
		{condition.Incidents, `incident.count > 99.5`, true},
		{condition.Incidents, `incident.firstSeen < timestamp("2026-01-06T00:00:00Z")`, true},
		{condition.Incidents, `failure.exceptionType.lowerAscii() == "shop.cardexpired"`, true},
		{condition.Incidents, `failure.messageType.matches("^Shop\\.(Billing|Orders)\\.")`, true},
		{condition.Events, `event.Level in ["Gold", "Platinum"]`, true},
		{condition.Events, `event.Total > 12 && event.Count < 12.5 && event.Count == 12.0`, true},
		{condition.Events, `event.Paid`, true},
		{condition.Events, `event.Note == null`, true},
		{condition.Events, `has(event.Level) && !has(event.Other)`, true},
		{condition.Events, `event.Items.exists(i, i.Price > 4)`, true},
		{condition.Events, `event.Items[1].Price == 4.5 && size(event.Items) == 2`, true},
		{condition.Events, `headers["rbs2-intent"] == "pub" && message.type.endsWith("Reached")`, true},
		{condition.Events, `event.Missing == 1 || event.Level == "Gold"`, true},
		{condition.Milestones, `feature.count >= 100 && feature.name == "orders"`, true},
	} {
		c, problems := condition.Compile(tt.text, tt.scope)
		if problems != nil {
			t.Errorf("%s: %v", tt.text, problems)
			continue
		}
		vars := condition.Vars(event)
		if tt.scope == condition.Failures || tt.scope == condition.Incidents {
			vars = watch
		}
		if got, err := c.Match(vars); got != tt.want || err != nil {
			t.Errorf("%s = %v, %v, want %v", tt.text, got, err, tt.want)
		}
	}
}

func TestWhatAMessageLacksIsNoMatchAndSaid(t *testing.T) {
	vars := &condition.EventVars{Event: map[string]any{"Level": "Gold", "Items": []any{}, "Deep": map[string]any{}, "Secret": "anna@shop.example"}, Headers: map[string]string{}}
	for _, tt := range []struct{ text, key string }{
		{`event.OrderId == "x"`, "OrderId"},
		{`event.Deep.OrderId == "x"`, "OrderId"},
		{`headers["x-tenant"] == "x"`, "x-tenant"},
		{`event.Items[0] == 1`, "such item"},
		{`event[event.Secret] == 1`, "such key"}, // never a value of the message
	} {
		c, problems := condition.Compile(tt.text, condition.Events)
		if problems != nil {
			t.Fatalf("%s: %v", tt.text, problems)
		}
		ok, err := c.Match(vars)
		missing, is := errors.AsType[*condition.MissingKey](err)
		if ok || !is || missing.Key != tt.key {
			t.Errorf("%s = %v, %v, want no match for want of %s", tt.text, ok, err, tt.key)
		}
	}
}

func TestErrorsRepeatNothingOfTheMessage(t *testing.T) {
	const secret = "anna@shop.example"
	vars := &condition.EventVars{Event: map[string]any{"Mail": secret, "List": []any{secret}, "Map": map[string]any{secret: secret}}}
	for _, text := range []string{
		`int(event.Mail) > 3`, `double(event.Mail) > 3.0`, `timestamp(event.Mail) > timestamp(0)`, `duration(event.Mail) > duration("1s")`,
		`event.Mail > 3`, `event.List[event.Mail] == 1`, `event.Map[event.Mail].x == 1`, `event.Mail.x == 1`, `"a".matches(event.Mail + "(")`,
		`bool(event.Mail)`, `date(event.Mail) == ""`, `date(timestamp(0), event.Mail) == ""`, `number(event.Mail) == ""`, `event.Mail`, `event.List`, `event.List == event.Mail + 1`,
	} {
		c, problems := condition.Compile(text, condition.Events)
		if problems != nil {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		ok, err := c.Match(vars)
		if ok || err == nil {
			t.Errorf("%s = %v, %v, want an error", text, ok, err)
		} else if strings.Contains(err.Error(), "anna") {
			t.Errorf("%s: the error repeats the message: %v", text, err)
		}
	}
}

func TestAnEventThatIsNoObjectDoesNotMatch(t *testing.T) {
	c, problems := condition.Compile(`event.Level == "Gold"`, condition.Events)
	if problems != nil {
		t.Fatal(problems)
	}
	for _, event := range []any{nil, "text", int64(1), []any{}, true} {
		if ok, err := c.Match(&condition.EventVars{Event: event}); ok || err == nil {
			t.Errorf("event %v: %v, %v, want an error", event, ok, err)
		}
	}
}

func TestAHostileEventCannotRunAway(t *testing.T) {
	items := make([]any, 20_000)
	for i := range items {
		items[i] = int64(i)
	}
	vars := &condition.EventVars{Event: map[string]any{"items": items, "text": strings.Repeat("x", 8<<20)}}
	for _, text := range []string{
		`event.items.all(a, event.items.all(b, a + b >= 0))`,
		`event.items.all(a, event.text.contains("y") || true)`,
		`event.items.all(a, event.text.lowerAscii() != "")`,
		`event.items.all(a, event.text.trim() != "")`,
		`event.items.all(a, event.text.matches("(x+x+)+y") || true)`,
		`size(event.items.map(a, event.text + event.text)) > 0`,
		`event.items.all(a, string(event.items) != "")`,
		`event.items.all(a, number(event.text) != "")`,
	} {
		c, problems := condition.Compile(text, condition.Events)
		if problems != nil {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		start := time.Now()
		if ok, err := c.Match(vars); ok || err == nil {
			t.Errorf("%s = %v, %v, want an error", text, ok, err)
		}
		t.Logf("%s: %v", text, time.Since(start))
	}
}

func TestOneConditionServesManyAtOnce(t *testing.T) {
	c, problems := condition.Compile(`event.n % 2 == 0`, condition.Events)
	if problems != nil {
		t.Fatal(problems)
	}
	done := make(chan bool)
	for i := range 8 {
		go func() {
			ok := true
			for range 200 {
				even, err := c.Match(&condition.EventVars{Event: map[string]any{"n": int64(i)}})
				ok = ok && err == nil && even == (i%2 == 0)
			}
			done <- ok
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("an evaluation saw another one's values")
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`event.a == 1`, `has(event.b)`, `{event.x} {{`, `"é" == x.y`, `a.b.c()`, "\n\n x", `[1,2].map(x, x)`, `event.a ? 1 : "x"`, `failure.x`, "{\"}\"}"} {
		f.Add(s, `{"a": 1.5, "b": ["x", null, {"c": 12345678901234567890}]}`)
	}
	f.Fuzz(func(t *testing.T, text, body string) {
		var event any
		if json.Unmarshal([]byte(body), &event) != nil {
			event = nil
		}
		vars := &condition.EventVars{Event: event}
		c, problems := condition.Compile(text, condition.Milestones)
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > len(text) || p.What == "" {
				t.Errorf("%q: %+v", text, p)
			}
		}
		if c != nil {
			_, _ = c.Match(vars)
		}
		s, problems := condition.CompileText(text, condition.Milestones)
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > len(text) || p.What == "" {
				t.Errorf("%q: %+v", text, p)
			}
		}
		if s != nil {
			s.Parts(vars)
			s.URL(vars)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	c, problems := condition.Compile(`event.Level in ["Gold", "Platinum"] && event.Total > 100`, condition.Events)
	if problems != nil {
		b.Fatal(problems)
	}
	vars := &condition.EventVars{Event: map[string]any{"Level": "Silver", "Total": 3.5}}
	b.ReportAllocs()
	for b.Loop() {
		if ok, _ := c.Match(vars); ok {
			b.Fatal("matched")
		}
	}
}
