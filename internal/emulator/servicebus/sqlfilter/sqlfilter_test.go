package sqlfilter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A bag is a message with nothing but properties.
type bag map[Property]any

func (b bag) key(p Property) Property {
	for k := range b {
		if k.System == p.System && strings.EqualFold(k.Name, p.Name) {
			return k
		}
	}
	return p
}

func (b bag) Get(p Property) (any, bool)  { v, ok := b[b.key(p)]; return v, ok }
func (b bag) Set(p Property, v any) error { b[b.key(p)] = v; return nil }
func (b bag) Remove(p Property) error     { delete(b, b.key(p)); return nil }

func order() bag {
	b := bag{{System: true, Name: "Label"}: "order placed"}
	for name, v := range map[string]any{
		"Shop": "a%b_c", "Count": int32(7), "Big": uint64(1) << 63, "Price": 2.5, "New": true, "Old": false, "Nothing": nil,
		"odd name]": "x", `quoted"`: "y", "Type.Full": "Shop.Order", "Id": amqp.UUID{1}, "At": amqp.Timestamp(5), "Kind": amqp.Symbol("s"),
	} {
		b[Property{Name: name}] = v
	}
	return b
}

var parameters = map[string]any{"@count": 7, "@At": amqp.Timestamp(6), "@id": amqp.UUID{1}}

func TestConditionsHaveThreeValues(t *testing.T) {
	for want, all := range map[string][]string{
		"true": {
			"1=1", "count = 7", "COUNT=7.0", "Count <> 8", "Count != 8", "Count >= 7 AND Count <= 7", "Price > 2 and Price < 3",
			"Shop = 'a%b_c'", "user.Shop = 'a%b_c'", "[Shop] = 'a%b_c'", `"Shop" = 'a%b_c'`, "USER.[Shop]='a%b_c'",
			"[odd name]]] = 'x'", `"quoted""" = 'y'`, "[Type.Full] LIKE 'Shop.%'", "sys.Label = 'order placed'", "SYS.label LIKE '%bus%' OR 1=1",
			"NOT Count = 8", "NOT NOT Count = 7", "NOT (Count = 8 OR Count = 9)", "New = TRUE", "Old <> true", "'it''s' = 'it' + '''s'",
			"Shop LIKE 'a!%b!_c' ESCAPE '!'", "Shop LIKE 'a___c'", "Shop LIKE '%'", "Shop NOT LIKE 'b%'", "Shop LIKE 'a\\%b%' ESCAPE '\\'",
			"Count IN (1, 3 + 4)", "Count NOT IN (1, 2)", "Shop IN ('x', 'a%b_c')", "Count IN (gone, 7)",
			"gone IS NULL", "Nothing IS NULL", "Count IS NOT NULL", "sys.To IS NULL", "EXISTS(Count)", "EXISTS ( sys.Label )", "NOT EXISTS(gone)", "EXISTS(Nothing)",
			"1 + 2 * 3 = 7", "(1 + 2) * 3 = 9", "7 % 4 = 3", "7 / 2 = 3", "7 / 2.0 = 3.5", "-Count = -7", "- -1 = +1", "10 - 2 - 3 = 5", "1.5E2 = 150", "0.5e-2 = 0.005",
			"Count = @count", "Count = @COUNT", "At < @at", "Id = @id", "property('count') = 7", "p('Sh' + 'op') LIKE 'a%'", "newid() <> newid()",
			"gone = 1 OR 1 = 1", "Kind = 's'", "Big > 9e18", "'a' + 1 = 'a1'", "1 + 'a' = '1a'", "'' + New = 'True'", "1=0 OR 1=1 AND 1=1",
			"(((Count))) = 7", "(Count = 7)", "p('count') + 0 = 7",
		},
		"false": {
			"1=0", "Shop = 'A%B_C'", "Shop LIKE 'A%'", "Count IN (1)", "Count NOT IN (7)", "Count IS NULL", "Nothing IS NOT NULL", "EXISTS(gone)", "New = Old",
			"gone = 1 AND 1 = 0", "Shop LIKE 'a!%c' ESCAPE '!'", "NOT 1 = 1", "1 = 1 AND 1 = 0 OR 1 = 0", "NOT 1=1 OR 1=0", "Id = newid()",
		},
		"unknown": {
			"gone = 1", "gone <> 1", "NOT gone = 1", "gone = 1 AND 1 = 1", "gone = 1 OR 1 = 0", "gone LIKE 'x'", "gone NOT LIKE 'x'", "Shop LIKE gone",
			"Shop LIKE 'x' ESCAPE gone", "gone IN (1)", "gone NOT IN (1)", "Count IN (1, gone)", "gone + 1 = 1", "-gone = 1", "NULL = NULL", "Nothing = NULL",
			"gone = @count", "p(gone) = 1", "p('gone') = 1", "gone > 1 AND gone < 2",
		},
	} {
		for _, text := range all {
			f, err := ParseFilter(text, parameters, Options{})
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			v, err := f.condition.eval(order())
			if v == nil {
				v = "unknown"
			}
			if got, matchErr := f.Match(order()); fmt.Sprint(v) != want || err != nil || matchErr != nil || got != (want == "true") {
				t.Errorf("%s is %v, match %v, %v; want %s", text, v, got, err, want)
			}
		}
	}
}

func TestWhatTheServiceRaisesFailsWhenItIsEvaluated(t *testing.T) {
	for text, want := range map[string]string{
		"Count = 'x'":                    "a number and a text",
		"Shop > 'a'":                     "> does not take",
		"Count LIKE 'x'":                 "LIKE does not take",
		"Count IN ('x')":                 "= does not take",
		"1 / (Count - 7) = 1":            "division by zero",
		"1 % 0 = 1":                      "division by zero",
		"Shop - 1 = 1":                   "- does not take",
		"-Shop = 1":                      "* does not take",
		"sys.Nonsense = 1":               "no system property Nonsense",
		"EXISTS(sys.Nonsense)":           "no system property Nonsense",
		"p(1) = 1":                       "property() does not take",
		"Shop LIKE 'x' ESCAPE 'ab'":      "longer than one character",
		"New > Old":                      "a boolean and a boolean",
		"Id = 'x'":                       "a GUID and a text",
		"(0-9223372036854775807-1)/-1=1": "out of range",
	} {
		f, err := ParseFilter(text, nil, Options{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if ok, err := f.Match(order()); ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want an error with %q", text, ok, err, want)
		}
	}
}

func TestOptionsChooseWhereTheDocumentationIsSilent(t *testing.T) {
	o := Options{LikeIgnoresCase: true, MismatchIsUnknown: true}
	for text, want := range map[string]bool{
		"Shop LIKE 'A!%%' ESCAPE '!'": true, "Count = 'x'": false, "NOT Count = 'x'": false, "Count - 'x' = 1 OR 1 = 1": true,
	} {
		f, err := ParseFilter(text, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Match(order()); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestMistakesAreRefusedWithTheirPlace(t *testing.T) {
	deep := strings.Repeat("(", 200) + "1=1" + strings.Repeat(")", 200)
	for text, column := range map[string]int{
		"": 1, "a": 1, "a =": 4, "= 1": 1, "a = 1 b": 7, "a = 1 AND": 10, "(a = 1": 7, "a = 1)": 6, "a == 1": 4, "a = 'x": 5, "[a = 1": 1, `"a = 1`: 1,
		"a = @": 5, "a = @p": 5, "a LIKE": 7, "a IN 1": 6, "a IN ()": 7, "a IN (1": 8, "a IS 1": 6, "1 IS NULL": 1, "(a) IS NULL": 1, "a NOT 1": 7, "EXISTS a": 8,
		"EXISTS(1)": 8, "and = 1": 1, "a = or": 5, "other.a = 1": 1, "sys. = 1": 6, "a = 1a": 5, "a = 99999999999999999999": 5, "a = 1e999": 5, "a # b": 3, "_a = 1": 1,
		"md5(a) = 1": 1, "newid(1) = a": 7, "(a = 1) = 1": 1, "a = (b = 1)": 5, "NOT a": 5, "a AND b = 1": 1, "a + (b = 1) = 2": 5, "sys.SequenceNumber = 1": 1, "[] = 1": 1,
		"a = 1 OR b": 10, "-(a = 1) = 1": 2, "(a = 1) IN (1)": 1, "(a = 1) LIKE 'x'": 1, "[sys].Label = 'x'": 1, "ä = 1 AND é =": 14,
		deep: 101, strings.Repeat("a", 1025): 1025, strings.Repeat("NOT ", 150) + "1=1": 401, strings.Repeat("-", 150) + "1=1": 101,
	} {
		_, err := ParseFilter(text, nil, Options{})
		if e, ok := errors.AsType[*SyntaxError](err); !ok || e.Column != column {
			t.Errorf("%.60q: %v, want column %d", text, err, column)
		}
	}
}

func TestActionsSetAndRemoveProperties(t *testing.T) {
	for text, want := range map[string]string{
		"SET Count = 8":                              "Count=int32 8",
		"SET count = Count + 1; REMOVE Shop":         "Count=int32 8",
		"SET fresh = 'x' REMOVE gone":                "Count=int32 7 fresh=string x",
		"SET fresh = Count * 1.5, SET Count = 'x';":  "Count=string x fresh=float64 10.5",
		"SET Count = 99999999999":                    "Count=int64 99999999999",
		"SET user.[a b] = sys.Label; SET Count=gone": "Count=<nil> <nil> a b=string order placed",
		"set sys.Label = 'l' + Count":                "Count=int32 7 Label=string l7",
		"REMOVE sys.Label REMOVE Count":              "",
	} {
		a, err := ParseAction(text, nil, Options{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		m := bag{{Name: "Count"}: int32(7), {System: true, Name: "Label"}: "order placed"}
		if err := a.Apply(m); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		var got []string
		for p, v := range maps.All(m) {
			if !p.System || v != "order placed" {
				got = append(got, fmt.Sprintf("%s=%T %v", p.Name, v, v))
			}
		}
		if slices.Sort(got); strings.Join(got, " ") != want {
			t.Errorf("%s made %q, want %q", text, got, want)
		}
	}
	for text, column := range map[string]int{
		"": 1, "UPDATE a = 1": 1, "SET": 4, "SET a": 6, "SET a = ": 9, "SET a = b = 1": 11, "REMOVE 1": 8, "SET sys.Nonsense = 1": 5, "SET sys.LockToken = 1": 5,
		"SET a = 1;; SET b = 2": 11, "SET a = (b = 1)": 9, strings.Repeat("REMOVE a;", 33): 289,
	} {
		_, err := ParseAction(text, nil, Options{})
		if e, ok := errors.AsType[*SyntaxError](err); !ok || e.Column != column {
			t.Errorf("%.60q: %v, want column %d", text, err, column)
		}
	}
	a, err := ParseAction("SET a = 1 / 0", nil, Options{})
	if err != nil || a.Apply(bag{}) == nil {
		t.Errorf("a division by zero passes: %v", err)
	}
}

// A pattern of many % must not take time that grows with its power.
func TestLikeTakesTimeInProportion(t *testing.T) {
	m := bag{{Name: "a"}: strings.Repeat("a", 32<<10)}
	f, err := ParseFilter("a LIKE '"+strings.Repeat("%a", 400)+"b'", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := f.Match(m); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		"a = 1 AND NOT (b LIKE 'x%' ESCAPE '!') OR [c d] IN (1, 2.5E3, @p)", `EXISTS("q") AND sys.Label IS NOT NULL`, "-(1+2)*3 % 4 <> p('x')", "'a", "[a", "@", "((((",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseFilter(s, parameters, Options{}); err == nil {
			_, _ = c.Match(order())
		} else if e, ok := errors.AsType[*SyntaxError](err); !ok || e.Column < 1 || e.Column > len(s)+1 {
			t.Errorf("%q: %v", s, err)
		}
		if a, err := ParseAction(s, parameters, Options{}); err == nil {
			_ = a.Apply(order())
		}
	})
}
