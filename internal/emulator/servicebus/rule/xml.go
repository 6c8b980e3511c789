package rule

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A Description is a RuleDescription or DefaultRuleDescription of the
// administration API, as encoding/xml reads it.
type Description struct {
	Name   string
	Filter *expression
	Action *expression
}

type expression struct {
	Type          string `xml:"http://www.w3.org/2001/XMLSchema-instance type,attr"`
	SqlExpression string
	Parameters    values `xml:"Parameters"`
	Properties    values `xml:"Properties"`

	Fields []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

type values struct {
	Pairs []struct {
		Key   string
		Value struct {
			Type string `xml:"http://www.w3.org/2001/XMLSchema-instance type,attr"`
			Text string `xml:",chardata"`
		}
	} `xml:"KeyValueOfstringanyType"`
}

// Rule reads the rule. An empty name leaves the description's own, or the
// default's.
func (d Description) Rule(name string) (Rule, error) {
	r := Rule{Name: cmp.Or(name, d.Name, DefaultName)}
	if err := r.read(d); err != nil {
		return r, fmt.Errorf("rule %q: %w", r.Name, err)
	}
	return r, nil
}

func (r *Rule) read(d Description) (err error) {
	if f := d.Filter; f != nil {
		switch f.Type {
		case "TrueFilter":
		case "FalseFilter":
			r.Never = true
		case "SqlFilter":
			r.SQL = f.SqlExpression
			if r.SQL == "" {
				return errors.New("the SqlFilter has no SqlExpression")
			}
			r.Parameters, err = f.Parameters.read()
		case "CorrelationFilter":
			err = r.readCorrelation(f)
		default:
			return fmt.Errorf("unknown filter type %q", f.Type)
		}
	}
	if a := d.Action; err == nil && a != nil {
		switch a.Type {
		case "", "EmptyRuleAction":
		case "SqlRuleAction":
			r.Action = a.SqlExpression
			r.ActionParameters, err = a.Parameters.read()
		default:
			return fmt.Errorf("unknown action type %q", a.Type)
		}
	}
	return err
}

func (r *Rule) readCorrelation(f *expression) (err error) {
	r.Fields = map[string]string{}
	for _, field := range f.Fields {
		if slices.Contains(fieldNames, field.XMLName.Local) {
			r.Fields[field.XMLName.Local] = field.Text
		}
	}
	if r.Properties, err = f.Properties.read(); err == nil && !r.IsCorrelation() {
		err = errNoCondition
	}
	return err
}

func (v values) read() (map[string]any, error) {
	out := map[string]any{}
	for _, p := range v.Pairs {
		_, kind, qualified := strings.Cut(p.Value.Type, ":")
		if !qualified {
			kind = p.Value.Type
		}
		value, err := readValue(kind, p.Value.Text)
		if err != nil {
			return nil, fmt.Errorf("value of %s: %w", p.Key, err)
		}
		out[p.Key] = value
	}
	return out, nil
}

// readValue reads a value of an XML schema type.
func readValue(kind, text string) (any, error) {
	switch kind {
	case "string", "":
		return text, nil
	case "int":
		n, err := strconv.ParseInt(text, 10, 32)
		return int32(n), err
	case "long":
		return strconv.ParseInt(text, 10, 64)
	case "double":
		return strconv.ParseFloat(text, 64)
	case "boolean":
		return strconv.ParseBool(text)
	case "dateTime":
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil { // the zone may be left out
			t, err = time.Parse("2006-01-02T15:04:05.999999999", text)
		}
		return amqp.Timestamp(t.UnixMilli()), err
	}
	return nil, fmt.Errorf("type %q is not emulated; emulated are string, int, long, double, boolean, dateTime", kind)
}

// XML writes the elements of a RuleDescription; escape makes text safe.
func (r Rule) XML(escape func(string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<Filter i:type=%q>`, r.Kind())
	switch {
	case r.IsCorrelation():
		for _, name := range fieldNames {
			if v, ok := r.Fields[name]; ok {
				fmt.Fprintf(&b, "<%s>%s</%s>", name, escape(v), name)
			}
		}
		writeValues(&b, "Properties", r.Properties, escape)
	case r.Never:
		writeSQL(&b, "1=0", nil, escape)
	case r.SQL == "":
		writeSQL(&b, "1=1", nil, escape)
	default:
		writeSQL(&b, r.SQL, r.Parameters, escape)
	}
	b.WriteString("</Filter>")
	if r.Action == "" {
		b.WriteString(`<Action i:type="EmptyRuleAction"/>`)
	} else {
		b.WriteString(`<Action i:type="SqlRuleAction">`)
		writeSQL(&b, r.Action, r.ActionParameters, escape)
		b.WriteString("</Action>")
	}
	fmt.Fprintf(&b, "<CreatedAt>%s</CreatedAt><Name>%s</Name>", time.UnixMilli(r.CreatedAt).UTC().Format(time.RFC3339Nano), escape(r.Name))
	return b.String()
}

func writeSQL(b *strings.Builder, sql string, parameters map[string]any, escape func(string) string) {
	fmt.Fprintf(b, "<SqlExpression>%s</SqlExpression><CompatibilityLevel>%d</CompatibilityLevel>", escape(sql), compatibility)
	writeValues(b, "Parameters", parameters, escape)
}

// writeValues writes pairs. The prefix of types has four characters, as the
// service's: JavaScript's client cuts it off unseen.
func writeValues(b *strings.Builder, element string, values map[string]any, escape func(string) string) {
	fmt.Fprintf(b, "<%s>", element)
	for _, key := range sortedKeys(values) {
		kind, text := writtenValue(values[key])
		fmt.Fprintf(b, `<KeyValueOfstringanyType><Key>%s</Key><Value xmlns:d6p1="http://www.w3.org/2001/XMLSchema" i:type="d6p1:%s">%s</Value></KeyValueOfstringanyType>`,
			escape(key), kind, escape(text))
	}
	fmt.Fprintf(b, "</%s>", element)
}

// writtenValue is a value with its XML schema type. Whole numbers that fit are
// int, which all clients read.
func writtenValue(v any) (kind, text string) {
	switch v := v.(type) {
	case bool:
		return "boolean", strconv.FormatBool(v)
	case float32, float64:
		return "double", fmt.Sprint(v)
	case amqp.Timestamp:
		return "dateTime", time.UnixMilli(int64(v)).UTC().Format(time.RFC3339Nano)
	case int64:
		if v < math.MinInt32 || v > math.MaxInt32 {
			return "long", strconv.FormatInt(v, 10)
		}
		return "int", strconv.FormatInt(v, 10)
	case int, int8, int16, int32, uint8, uint16, uint32, uint64:
		return "int", fmt.Sprint(v)
	}
	return "string", fmt.Sprint(v)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
