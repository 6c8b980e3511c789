package rule

import (
	"fmt"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// Descriptors of rules, filters and actions: Microsoft's page "AMQP 1.0 in
// Azure Service Bus: request-response-based operations", section "Get rules".
// Those of filters have one digit less.
const (
	codeRule              = uint64(0x13700000004)
	codeNoAction          = uint64(0x13700000005)
	codeAction            = uint64(0x13700000006)
	codeSQLFilter         = uint64(0x1370000006)
	codeTrueFilter        = uint64(0x1370000007)
	codeFalseFilter       = uint64(0x1370000008)
	codeCorrelationFilter = uint64(0x1370000009)
)

// compatibility is the level of the SQL language, as the service states it.
const compatibility = int32(20)

// keys are the fields of a correlation filter in a request, in the order of
// fieldNames.
var keys = []string{"correlation-id", "message-id", "to", "reply-to", "label", "session-id", "reply-to-session-id", "content-type"}

// FromMap reads a rule as add-rule carries it.
func FromMap(name string, description amqp.Map) (Rule, error) {
	r := Rule{Name: name}
	sql, isSQL := description.Get("sql-filter").(amqp.Map)
	correlation, isCorrelation := description.Get("correlation-filter").(amqp.Map)
	switch {
	case isSQL && isCorrelation:
		return r, fmt.Errorf("rule %q: has a sql-filter and a correlation-filter, need one", name)
	case isSQL:
		r.SQL, _ = sql.Get("expression").(string)
		if r.SQL == "" {
			return r, fmt.Errorf("rule %q: the sql-filter has no expression", name)
		}
		r.constant()
	case isCorrelation:
		if err := r.correlate(correlation); err != nil {
			return r, fmt.Errorf("rule %q: %w", name, err)
		}
	default:
		return r, fmt.Errorf("rule %q: need a sql-filter or a correlation-filter", name)
	}
	if action, ok := description.Get("sql-rule-action").(amqp.Map); ok {
		r.Action, _ = action.Get("expression").(string)
	}
	return r, nil
}

func (r *Rule) correlate(filter amqp.Map) error {
	r.Fields, r.Properties = map[string]string{}, map[string]any{}
	for i, key := range keys {
		if v, ok := filter.Get(key).(string); ok {
			r.Fields[fieldNames[i]] = v
		}
	}
	properties, _ := filter.Get("properties").(amqp.Map)
	for _, p := range properties {
		key, ok := p.Key.(string)
		if !ok {
			return fmt.Errorf("correlation filter: a property with a key of %T", p.Key)
		}
		r.Properties[key] = p.Value
	}
	if !r.IsCorrelation() {
		return errNoCondition
	}
	return nil
}

// Describe is a rule as enumerate-rules answers it.
func (r Rule) Describe() amqp.Described {
	action := amqp.Described{Descriptor: codeNoAction, Value: amqp.List{}}
	if r.Action != "" {
		action = amqp.Described{Descriptor: codeAction, Value: amqp.List{r.Action, compatibility}}
	}
	return amqp.Described{Descriptor: codeRule, Value: amqp.List{r.describeFilter(), action, r.Name, amqp.Timestamp(r.CreatedAt)}}
}

func (r Rule) describeFilter() amqp.Described {
	switch {
	case r.Never:
		return amqp.Described{Descriptor: codeFalseFilter, Value: amqp.List{}}
	case r.SQL != "":
		return amqp.Described{Descriptor: codeSQLFilter, Value: amqp.List{r.SQL, compatibility}}
	case !r.IsCorrelation():
		return amqp.Described{Descriptor: codeTrueFilter, Value: amqp.List{}}
	}
	var l amqp.List
	for _, name := range fieldNames {
		if v, ok := r.Fields[name]; ok {
			l = append(l, v)
		} else {
			l = append(l, nil)
		}
	}
	properties := amqp.Map{}
	for _, name := range sortedKeys(r.Properties) {
		properties = append(properties, amqp.Pair{Key: name, Value: r.Properties[name]})
	}
	return amqp.Described{Descriptor: codeCorrelationFilter, Value: append(l, properties)}
}
