package failure

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestFoldLeavesThePattern(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{"Message could not be consumed after 10 delivery attempts.", "Message could not be consumed after # delivery attempts."},
		{"Order 40318 of c-771", "Order # of #"},
		{"message 322d6063-5c2a-4299-8e3c-058759cac182 is bad", "message # is bad"},
		{"Connection refused 127.0.0.1:16099", "Connection refused #"},
		{"at 2026-04-17T08:34:02.417Z and 17.04.2026 08.34.02", "at # and # #"},
		{"amount 1,234.50 and 1.234,50 and 1\u202f234,50", "amount # and # and #"},
		{"Violation of 'PK_Points' in object \"dbo.Points\"", "Violation of # in object #"},
		{"don't fold the customer's words", "don't fold the customer's words"},
		{"Could not deserialize JSON text: '{\"OrderId\": \"forty\"'", "Could not deserialize JSON text: #"},
		{"GET https://shop.example/orders/x?y=z failed", "GET https# failed"},
		{"type urn:message:Shop:A here", "type urn# here"},
		{"Kunde Søren Æbelø", "Kunde Søren Æbelø"},
		{"", ""},
	} {
		if got := string(fold(nil, tt.message)); got != tt.want {
			t.Errorf("fold(%q) = %q, want %q", tt.message, got, tt.want)
		}
	}
}

// values are what differs from case to case, each with its kinds of value.
var values = []func(*rand.Rand) string{
	func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1_000_000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d", r.IntN(1000), r.IntN(100)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d,%02d", r.IntN(1000), r.IntN(100)) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48)) // begins perhaps with letters alone
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("20%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("20%02d-%02d-%02dT0%d:34:02.417Z", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28), r.IntN(10))
	},
	func(r *rand.Rand) string { return fmt.Sprintf("c-%d", r.IntN(1000)) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("10.0.%d.%d:%d", r.IntN(256), r.IntN(256), r.IntN(65536))
	},
	func(r *rand.Rand) string { return fmt.Sprintf("'%s'", names[r.IntN(len(names))]) },
	func(r *rand.Rand) string { return fmt.Sprintf("%q", names[r.IntN(len(names))]) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("https://shop.example/%s", strings.ReplaceAll(names[r.IntN(len(names))], " ", "+"))
	},
}

var names = []string{"Anna", "Søren Æbelø", "a b c", "17", "日本", "x-9"}

var vocabulary = strings.Fields("order customer card was rejected for because of the payment in queue with status and no answer came within while reading Kunde er spærret")

// template is a sentence with places for values, "%s".
func template(r *rand.Rand) (string, []int) {
	var words []string
	var kinds []int
	for range 4 + r.IntN(12) {
		words = append(words, vocabulary[r.IntN(len(vocabulary))])
		if r.IntN(3) == 0 {
			words, kinds = append(words, "%s"), append(kinds, r.IntN(len(values)))
		}
	}
	return strings.Join(words, " "), kinds
}

func fill(r *rand.Rand, template string, kinds []int) string {
	var all []any
	for _, k := range kinds {
		all = append(all, values[k](r))
	}
	return fmt.Sprintf(template, all...)
}

func TestOtherValuesKeepThePatternAndOtherWordsDoNot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		text, kinds := template(r)
		a, b := fill(r, text, kinds), fill(r, text, kinds)
		if x, y := string(fold(nil, a)), string(fold(nil, b)); x != y {
			t.Fatalf("%q: %q\n%q: %q", a, x, b, y)
		}
		if len(a) > maxPattern {
			continue
		}
		at := r.IntN(len(vocabulary))
		other := strings.Replace(text, vocabulary[at], "elsewhere", 1)
		if x, y := string(fold(nil, a)), string(fold(nil, fill(r, other, kinds))); other != text && x == y {
			t.Fatalf("%q and %q are one: %q", text, other, x)
		}
	}
}
