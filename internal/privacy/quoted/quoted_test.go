package quoted_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/privacy/quoted"
)

const body = `{"OrderId":"x","CustomerName":"Customer Name-7731","Street":"Some Street 17, 2. tv, 8000 Town C","NationalId":"710379-0000","Note":"paid \u00e6 \\ \"cash\"","Amount":119.00}`

func TestWhatQuotesTheBodyIsLeftOut(t *testing.T) {
	indented := strings.NewReplacer(`,"`, ",\n  \"", `{"`, "{\n  \"", `":`, `": `).Replace(body)
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(body)
	const xml = `<OrderPlaced><CustomerName>Customer Name-7731</CustomerName><Street>Some Street 17</Street><NationalId>710379-0000</NationalId></OrderPlaced>`
	for name, tt := range map[string]struct{ form, body, quote string }{
		"all of it":              {"Could not deserialize JSON text: '%s'", body, body},
		"cut":                    {"Could not deserialize JSON text: '%s", body, body[:100]},
		"cut at both ends":       {"near …%s… it is wrong", body, body[40:110]},
		"indented in the body":   {"JSON text: %s", indented, body},
		"indented in the text":   {"JSON text: %s", body, indented},
		"escaped":                {`{"text":"%s"}`, body, escaped},
		"with escaped quotes":    {"text: %s", body, strings.ReplaceAll(body, `"`, `\u0022`)},
		"with entities":          {"text: %s", body, strings.ReplaceAll(body, `"`, "&quot;")},
		"XML":                    {"Root element: %s", xml, xml},
		"a value with words":     {"Cannot convert Some Street %s.", `{"a":"17, 2. tv, 8000 Town C"}`, "17, 2. tv, 8000 Town C"},
		"a name":                 {"%s is blocked", `{"CustomerName":"Customer Name-7731"}`, "Customer Name-7731"},
		"text":                   {"Bad line: %s", "Customer Name-7731;Some Street 17;8000 Town C;710379-0000", "Customer Name-7731;Some Street 17;8000 Town C;710379-0000"},
		"a short body, as it is": {"Cannot read %s", `{"Id":"Town C"}`, `{"Id":"Town C"}`},
	} {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf(tt.form, tt.quote) + "\n   at Shop.Billing.Handlers.Charge.Handle(OrderPlaced message)"
			got := quoted.Without(text, tt.body)
			for _, secret := range []string{"Name-7731", "Some Street 17", "Town C", "710379-0000", "cash"} {
				if strings.Contains(got, secret) {
					t.Errorf("%q stands in %q", secret, got)
				}
			}
			if !strings.Contains(got, "[body]") || !strings.HasSuffix(got, "\n   at Shop.Billing.Handlers.Charge.Handle(OrderPlaced message)") {
				t.Errorf("got %q", got)
			}
			if words, _, _ := strings.Cut(tt.form, "%s"); !strings.HasPrefix(got, strings.TrimRight(words, `"'{: `)) {
				t.Errorf("words are lost: %q", got)
			}
		})
	}
}

// Names and numbers that stand in both are no quotation.
func TestWhatIsNoQuotationStays(t *testing.T) {
	const envelope = `{"$type":"Shop.Orders.Contracts.Events.OrderPlaced, Shop.Orders.Contracts","id":"7f3c9a10-5d0a-4a2e-9d44-6f2f5f7f3b0a","OrderId":40318,"Reason":"card_declined"}`
	for _, text := range []string{
		"Payment gateway rejected charge for order 40318: card_declined", "Message with ID 7f3c9a10-5d0a-4a2e-9d44-6f2f5f7f3b0a is gone",
		"no handler for Shop.Orders.Contracts.Events.OrderPlaced\n   at Shop.Orders.Contracts.Events.OrderPlaced.Check()", "", "a",
	} {
		for _, body := range []string{envelope, "", " ", "{}", `{"a":1}`, "null", "        "} {
			if got := quoted.Without(text, body); got != text {
				t.Errorf("%q of %q", got, text)
			}
		}
	}
}

// FuzzWithout: a body quoted as a whole is gone, and nothing else is made.
func FuzzWithout(f *testing.F) {
	f.Add("text: ", body, " end")
	f.Add("", `{"a": "b c", "d": "eeeeeeeeeeeeeeee"}`, "eeeeeeeeeeeeeeee")
	f.Fuzz(func(t *testing.T, before, body, after string) {
		if !utf8.ValidString(before) || !utf8.ValidString(body) || !utf8.ValidString(after) || len(body) > 64<<10 {
			return
		}
		got := quoted.Without(before+body+after, body)
		if len(got) > len(before+body+after)*2 {
			t.Errorf("%d bytes of %d", len(got), len(before+body+after))
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q is no UTF-8", got)
		}
		if trimmed := strings.TrimSpace(body); len(trimmed) > 40 && strings.Contains(trimmed, `{"`) && !strings.ContainsAny(trimmed, " \\&\t\n\r\x00") && strings.Contains(got, trimmed) {
			t.Errorf("the body %q stands in %q", trimmed, got)
		}
	})
}

func BenchmarkWithout(b *testing.B) {
	text := strings.Repeat("   at Shop.Billing.Handlers.Charge.Handle(OrderPlaced message) in /src/Charge.cs:line 14\n", 70)
	for name, tt := range map[string]struct{ text, body string }{
		"nothing": {text, strings.Repeat(body, 10)}, "all": {strings.Repeat(body, 40), strings.Repeat(body, 40)}, "alike": {strings.Repeat("a", 64<<10), strings.Repeat("a", 256<<10)},
		"nearly": {strings.Repeat("abcdefgh1", 7000), strings.Repeat("abcdefgh2", 20_000)}, "values": {strings.Repeat(`"a bcdef"`, 5000), strings.Repeat(`"a bcdef"`, 5000)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				quoted.Without(tt.text, tt.body)
			}
		})
	}
}
