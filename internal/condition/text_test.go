package condition_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/condition"
)

var order = &condition.EventVars{
	Event: map[string]any{
		"Name": "Anna & <Co>", "Total": 1234567.5, "Million": 1e6, "Count": int64(12840), "Paid": true, "Note": nil, "Empty": "",
		"Tags": []any{"a", int64(2)}, "Customer": map[string]any{"Id": "C/1 2?"}, "Price": "19.9", "At": "2026-12-31T23:30:00Z", "Tiny": 0.000001, "Big": 1e300,
	},
	Headers: map[string]string{"x-tenant": "rome"},
	Message: condition.Message{EnqueuedAt: time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)},
	Feature: condition.Feature{Name: "orders", Key: "k", Count: 1000},
}

func TestTextsShowTheirValues(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`plain`, `plain`},
		{``, ``},
		{`{event.Name} bought`, `[Anna & <Co>] bought`},
		{`{feature.name}: {feature.count}`, `[orders]: [1000]`},
		{`{event.Million} {event.Total} {event.Tiny} {event.Count}`, `[1000000] [1234567.5] [0.000001] [12840]`},
		{`{string(event.Million) + "!"}`, `[1000000!]`},
		{`{event.Paid} {event.Tags}`, `[true] [a, 2]`},
		{`{event.Missing} {event.Note} {event.Customer}`, `? ? ?`},
		{`{{literal}} {{{event.Count}}} }`, `{literal} {[12840]} }`},
		{`{event.Paid ? "yes}" : 'no{'}`, `[yes}]`},
		{`{ {"a": event.Name}.a }`, `[Anna & <Co>]`},
		{`{number(event.Count)} {number(event.Total)} {number(event.Total, 0)} {number(-1234)}`, `[12,840] [1,234,567.5] [1,234,568] [-1,234]`},
		{`{money(event.Price, "EUR")} {money(event.Count, "JPY")} {money(event.Total, "USD")} {money(5, "EUR")}`, `[EUR 19.90] [JPY 12,840] [USD 1,234,567.50] [EUR 5.00]`},
		{`{number(event.Big)} {number(event.Name)}`, `? ?`},
		{`{date(message.enqueuedAt)} {date(event.At, "Europe/Rome")} {date(event.At)}`, `[31 Dec 2026] [1 Jan 2027] [31 Dec 2026]`},
		{`{message.enqueuedAt}`, `[2026-12-31T23:30:00Z]`},
		{`{headers["x-tenant"].upperAscii()}`, `[ROME]`},
	} {
		c, problems := condition.CompileText(tt.text, condition.Milestones)
		if problems != nil {
			t.Errorf("%s: %v", tt.text, problems)
			continue
		}
		parts, _ := c.Parts(order)
		var b strings.Builder
		for _, p := range parts {
			switch {
			case p.Missing:
				b.WriteString(p.Text)
			case p.Foreign:
				b.WriteString("[" + p.Text + "]")
			default:
				b.WriteString(p.Text)
			}
		}
		if b.String() != tt.want {
			t.Errorf("%s = %s, want %s", tt.text, b.String(), tt.want)
		}
	}
}

func TestATextSaysWhatItMissed(t *testing.T) {
	c, problems := condition.CompileText(`{event.Missing} {event.Name}`, condition.Milestones)
	if problems != nil {
		t.Fatal(problems)
	}
	parts, missing := c.Parts(order)
	if len(parts) != 3 || !parts[0].Missing || !parts[0].Foreign || parts[2].Text != "Anna & <Co>" {
		t.Errorf("parts = %+v", parts)
	}
	if len(missing) != 1 {
		t.Fatalf("missing = %v", missing)
	}
	if m, ok := errors.AsType[*condition.MissingKey](missing[0]); !ok || m.Key != "Missing" {
		t.Errorf("missing = %v", missing)
	}
}

func TestAWrongPlaceholderIsPointedAt(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
		what   string
	}{
		{`:tada: {event.Name`, 7, "a placeholder without an end"},
		{`a {} b`, 3, "an empty expression"},
		{`ü {feture.name}`, 4, `unknown name "feture"`},
		{`{feature.name} {feature.cuont}`, 24, `feature has no field "cuont"`},
		{`{ {"a": 1} }`, 1, `a map(string, int) is no value to go by`},
		{`{'}`, 0, "a placeholder without an end"},
	} {
		_, problems := condition.CompileText(tt.text, condition.Milestones)
		if len(problems) != 1 || problems[0].Offset != tt.offset || problems[0].What != tt.what || problems[0].Cure == "" {
			t.Errorf("%s: %+v, want %d %s", tt.text, problems, tt.offset, tt.what)
		}
	}
}

func TestAddressesEscapeTheirValues(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`https://portal.example/c/{event.Customer.Id}`, `https://portal.example/c/C%2F1%202%3F`},
		{`https://portal.example/?q={event.Name}&n={event.Count}`, `https://portal.example/?q=Anna%20%26%20%3CCo%3E&n=12840`},
		{`https://portal.example/{event.Missing}`, ``},
		{`https://portal.example/{event.Empty}`, ``},
		{`https://portal.example/{".."}/x`, ``},
	} {
		c, problems := condition.CompileText(tt.text, condition.Milestones)
		if problems != nil {
			t.Fatalf("%s: %v", tt.text, problems)
		}
		if got := c.URL(order); got != tt.want {
			t.Errorf("%s = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestValuesAreTexts(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`event.Name`, "Anna & <Co>"},
		{`event.Count`, "12840"},
		{`event.Million`, "1000000"},
		{`[event.Count, event.Paid]`, "12840, true"},
		{`event.Name + "/" + string(event.Count)`, "Anna & <Co>/12840"},
	} {
		v, problems := condition.CompileValue(tt.text, condition.Events)
		if problems != nil {
			t.Fatalf("%s: %v", tt.text, problems)
		}
		if got, err := v.Of(order); got != tt.want || err != nil {
			t.Errorf("%s = %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{`event.Missing`, `event.Note`} {
		v, problems := condition.CompileValue(text, condition.Events)
		if problems != nil {
			t.Fatalf("%s: %v", text, problems)
		}
		if got, err := v.Of(order); err == nil {
			t.Errorf("%s = %q, want an error", text, got)
		} else if _, ok := errors.AsType[*condition.MissingKey](err); !ok {
			t.Errorf("%s: %v, want a missing key", text, err)
		}
	}
	for _, text := range []string{`null`, `b"x"`, `{"a": 1}`, `type(1)`} {
		if _, problems := condition.CompileValue(text, condition.Events); len(problems) != 1 {
			t.Errorf("%s: %v, want one problem", text, problems)
		}
	}
}
