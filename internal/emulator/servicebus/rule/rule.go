// Package rule holds the rules of subscriptions: which messages a subscription
// takes, and what it changes in its copy.
//
// A [Rule] comes from a configuration, from the administration API as XML
// ([Description]) or from a client over AMQP ([FromMap]), and goes out in the
// same forms. [Compile] checks it and makes it ready to run.
package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/sqlfilter"
)

// DefaultName is the rule that a new subscription has.
const DefaultName = "$Default"

// A Rule lets into a subscription what its filter takes, and may change the
// copy. The filter is SQL, or the values that a message must have, all of
// them; a rule with neither takes every message. Of several rules one is
// enough.
type Rule struct {
	Name       string
	SQL        string            // a condition such as "price > 3 AND sys.Label LIKE 'order%'"
	Fields     map[string]string // of the message: "Label", "MessageId", "To", "CorrelationId", …
	Properties map[string]any    // application properties: texts, numbers, booleans, times
	Never      bool              // takes no message
	Action     string            // statements such as "SET price = 4; REMOVE shop"

	Parameters, ActionParameters map[string]any // the values of @names in SQL and Action
	CreatedAt                    int64          // milliseconds since 1970
}

// fieldNames are the fields of a correlation filter, in the order of the wire.
var fieldNames = []string{"CorrelationId", "MessageId", "To", "ReplyTo", "Label", "SessionId", "ReplyToSessionId", "ContentType"}

// FieldNames lists what [Rule].Fields may name.
func FieldNames() []string { return slices.Clone(fieldNames) }

// IsCorrelation reports whether a rule compares values.
func (r Rule) IsCorrelation() bool { return len(r.Fields)+len(r.Properties) > 0 }

// A Compiled rule is ready to look at messages.
type Compiled struct {
	Rule
	filter *sqlfilter.Filter
	action *sqlfilter.Action
}

// Compile checks a rule. A mistake in SQL has the column in its error.
func Compile(r Rule, o sqlfilter.Options) (*Compiled, error) {
	c := &Compiled{Rule: r}
	var err error
	switch {
	case strings.Trim(r.Name, " ") == "" || len(r.Name) > 50 || strings.ContainsAny(r.Name, `/\?#@*<>"|`):
		return nil, fmt.Errorf("rule name %q: need 1 to 50 letters, digits and .-_", r.Name)
	case r.SQL != "" && (r.IsCorrelation() || r.Never):
		return nil, errors.New("a rule has a SQL filter or a correlation filter, not both")
	}
	for name := range maps.Keys(r.Fields) {
		if !slices.Contains(fieldNames, name) {
			return nil, fmt.Errorf("unknown field %q; known are %s", name, strings.Join(fieldNames, ", "))
		}
	}
	if r.SQL != "" {
		if c.filter, err = sqlfilter.ParseFilter(r.SQL, r.Parameters, o); err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
	}
	if r.Action != "" {
		if c.action, err = sqlfilter.ParseAction(r.Action, r.ActionParameters, o); err != nil {
			return nil, fmt.Errorf("action: %w", err)
		}
	}
	return c, nil
}

// Takes reports whether a message may enter. It fails where the service raises
// a FilterException.
func (c *Compiled) Takes(m sqlfilter.Message) (bool, error) {
	if c.Never {
		return false, nil
	}
	if c.filter != nil {
		return c.filter.Match(m)
	}
	for name, want := range c.Fields {
		if v, _ := m.Get(sqlfilter.Property{System: true, Name: name}); v != want {
			return false, nil
		}
	}
	for name, want := range c.Properties {
		if v, ok := m.Get(sqlfilter.Property{Name: name}); !ok || !sqlfilter.Equal(v, want) {
			return false, nil
		}
	}
	return true, nil
}

// Changes reports whether a rule has an action, and therefore a copy of its
// own of each message.
func (c *Compiled) Changes() bool { return c.action != nil }

// Apply runs the action on a copy, and leaves the rule's name in it as the
// service does.
func (c *Compiled) Apply(m sqlfilter.Message) error {
	if err := m.Set(sqlfilter.Property{Name: "RuleName"}, c.Name); err != nil {
		return err
	}
	return c.action.Apply(m)
}

// Kind is the type of a rule's filter as the service names it.
func (r Rule) Kind() string {
	switch {
	case r.Never:
		return "FalseFilter"
	case r.SQL != "":
		return "SqlFilter"
	case r.IsCorrelation():
		return "CorrelationFilter"
	}
	return "TrueFilter"
}

// constant makes the filters that the service has types of their own for.
func (r *Rule) constant() {
	switch strings.ReplaceAll(r.SQL, " ", "") {
	case "1=1":
		r.SQL = ""
	case "1=0":
		r.SQL, r.Never = "", true
	}
}

// errNoCondition is for a correlation filter that would take everything.
var errNoCondition = errors.New("a correlation filter needs at least one condition")
