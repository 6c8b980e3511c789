package servicebus

import (
	"fmt"
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A Rule lets into a subscription what has all its values. Of several rules
// one is enough.
type Rule struct {
	Name       string
	Fields     map[string]string // by the names of correlation filters: "Label", "MessageId", …
	Properties map[string]string // application properties, as text
}

// correlated are the places of the properties that a rule may name.
var correlated = map[string]int{
	"MessageId": messageID, "To": 2, "Label": 3, "ReplyTo": 4, "CorrelationId": 5,
	"ContentType": 6, "SessionId": groupID, "ReplyToSessionId": 12,
}

// takes reports whether a message may enter a subscription. Without rules
// everything may.
func (q *queue) takes(m *message) bool {
	for _, r := range q.Rules {
		if r.matches(m) {
			return true
		}
	}
	return len(q.Rules) == 0
}

func (r Rule) matches(m *message) bool {
	for field, want := range r.Fields {
		if m.property(correlated[field]) != want {
			return false
		}
	}
	if len(r.Properties) == 0 {
		return true
	}
	has, err := amqp.SectionMap(m.application)
	if err != nil {
		return false
	}
	for name, want := range r.Properties {
		if v := has.Get(name); v == nil || fmt.Sprint(v) != want {
			return false
		}
	}
	return true
}

// rules are the rules of a subscription; one that has none of its own has one
// that lets everything pass.
func (q *queue) rules() []Rule {
	if len(q.Rules) == 0 {
		return []Rule{{Name: "$Default"}}
	}
	return q.Rules
}

func (r Rule) entry() string {
	return entry(r.Name, "RuleDescription", r.filter()+`<Action i:type="EmptyRuleAction"/><CreatedAt>`+
		atomTime(0)+`</CreatedAt><Name>`+escape(r.Name)+`</Name>`, 0)
}

func (r Rule) filter() string {
	if len(r.Fields)+len(r.Properties) == 0 {
		return `<Filter i:type="TrueFilter"><SqlExpression>1=1</SqlExpression><CompatibilityLevel>20</CompatibilityLevel></Filter>`
	}
	var x xmlText
	x.WriteString(`<Filter i:type="CorrelationFilter">`)
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		x.add(name, r.Fields[name])
	}
	x.WriteString("<Properties>")
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		fmt.Fprintf(&x, `<KeyValueOfstringanyType><Key>%s</Key><Value xmlns:s="http://www.w3.org/2001/XMLSchema" i:type="s:string">%s</Value></KeyValueOfstringanyType>`,
			escape(name), escape(r.Properties[name]))
	}
	x.WriteString("</Properties></Filter>")
	return x.String()
}
