package rule

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/sqlfilter"
)

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// described wraps what [Rule.XML] writes as the administration API does.
func described(elements string) string {
	return `<RuleDescription xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` + elements + `</RuleDescription>`
}

func TestRulesComeBackFromXMLAsTheyWere(t *testing.T) {
	values := map[string]any{"text": "<&>", "int": int32(-7), "long": int64(1) << 40, "double": 2.5, "flag": true, "time": amqp.Timestamp(1234)}
	for _, want := range []Rule{
		{Name: "all"},
		{Name: "none", Never: true},
		{Name: "sql", SQL: "a < 1 AND b = '&'", Parameters: values, Action: "SET a = @p", ActionParameters: map[string]any{"@p": "x"}},
		{Name: "values", Fields: map[string]string{"Label": "a<b", "ReplyToSessionId": "r"}, Properties: values},
	} {
		var d Description
		text := described(want.XML(escaped))
		if err := xml.Unmarshal([]byte(text), &d); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := d.Rule("")
		for _, m := range []*map[string]any{&got.Parameters, &got.ActionParameters, &got.Properties} {
			if len(*m) == 0 {
				*m = nil
			}
		}
		if len(got.Fields) == 0 {
			got.Fields = nil
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %s, %v", want.Name, cmp.Diff(got, want), err)
		}
		for _, kind := range regexp.MustCompile(`<Value[^>]* i:type="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if prefix, _, _ := strings.Cut(kind[1], ":"); len(prefix) != 4 {
				t.Errorf("type %q: JavaScript's client cuts off five characters", kind[1])
			}
		}
	}
}

func TestValuesAreReadAsClientsWriteThem(t *testing.T) {
	for kind, want := range map[string]any{
		"string:x": "x", ":x": "x", "int:7": int32(7), "long:7": int64(7), "double:7.5": 7.5, "boolean:true": true,
		"dateTime:1970-01-01T00:00:01Z": amqp.Timestamp(1000), "dateTime:1970-01-01T00:00:01.5": amqp.Timestamp(1500), "dateTime:1970-01-01T01:00:00+01:00": amqp.Timestamp(0),
		"int:x": nil, "int:4294967296": nil, "double:x": nil, "boolean:x": nil, "dateTime:x": nil, "duration:PT1S": nil,
	} {
		name, text, _ := strings.Cut(kind, ":")
		got, err := readValue(name, text)
		if (err != nil) != (want == nil) || err == nil && got != want {
			t.Errorf("%s is %T %v, %v", kind, got, got, err)
		}
	}
}

func TestCompileRefusesWhatCannotRun(t *testing.T) {
	for want, r := range map[string]Rule{
		"rule name": {}, "rule name \"a/b\"": {Name: "a/b"}, "not both": {Name: "r", SQL: "1=1", Fields: map[string]string{"Label": "x"}},
		"unknown field \"Lable\"": {Name: "r", Fields: map[string]string{"Lable": "x"}}, "filter: SQL column 7": {Name: "r", SQL: "a = 1 b"}, "action: SQL column 1": {Name: "r", Action: "a"},
	} {
		if _, err := Compile(r, sqlfilter.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
}

// The codes and the order of fields are those of Microsoft's page.
func TestRulesAreDescribedOverAMQP(t *testing.T) {
	for want, r := range map[string]Rule{
		"{1335734829060 [{83483426823 []} {1335734829061 []} r 0]}":                                            {},
		"{1335734829060 [{83483426824 []} {1335734829061 []} r 0]}":                                            {Never: true},
		"{1335734829060 [{83483426822 [a=1 20]} {1335734829062 [SET a=2 20]} r 0]}":                            {SQL: "a=1", Action: "SET a=2"},
		"{1335734829060 [{83483426825 [<nil> m <nil> <nil> l <nil> <nil> c [{n 7}]]} {1335734829061 []} r 0]}": {Fields: map[string]string{"MessageId": "m", "Label": "l", "ContentType": "c"}, Properties: map[string]any{"n": 7}},
	} {
		r.Name = "r"
		if got := fmt.Sprint(r.Describe()); got != want {
			t.Errorf("described as %s, want %s", got, want)
		}
	}
}

func FuzzDescription(f *testing.F) {
	f.Add(described(`<Filter i:type="SqlFilter"><SqlExpression>a=1</SqlExpression><Parameters><KeyValueOfstringanyType><Key>@p</Key><Value i:type="d6p1:int">1</Value></KeyValueOfstringanyType></Parameters></Filter>`))
	f.Fuzz(func(_ *testing.T, text string) {
		var d Description
		if xml.Unmarshal([]byte(text), &d) == nil {
			if r, err := d.Rule("r"); err == nil {
				_, _ = Compile(r, sqlfilter.Options{})
				_ = r.XML(escaped)
			}
		}
	})
}
