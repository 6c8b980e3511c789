package servicebus

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/rule"
	"github.com/busbell/busbell/internal/emulator/servicebus/sqlfilter"
)

// rule reads a rule of a subscription, and checks its SQL.
func (p *parser) rule(path string, v any) (r Rule) {
	var kind, sql string
	p.object(path, v, fields{
		"Name": p.text(&r.Name),
		"Properties": func(path string, v any) {
			p.object(path, v, fields{
				"FilterType":        p.text(&kind),
				"CorrelationFilter": func(path string, v any) { p.correlation(path, v, &r) },
				"SqlFilter":         p.sql(&sql),
				"Action":            p.sql(&r.Action),
			})
		},
	})
	if kind == "" && sql != "" {
		kind = "sql"
	}
	switch strings.ToLower(kind) {
	case "sql", "sqlfilter":
		r.Fields, r.Properties, r.SQL = nil, nil, sql
		if sql == "" {
			p.bad(path+".Properties.SqlFilter", "need a SqlExpression")
		}
	case "", "correlation", "correlationfilter", "true", "truefilter":
	default:
		p.bad(path+".Properties.FilterType", "unknown type %q; known are Correlation, Sql", kind)
	}
	if r.Name == "" {
		r.Name = rule.DefaultName
	}
	if _, err := rule.Compile(r, sqlfilter.Options{}); err != nil {
		p.bad(path, "%v", err)
	}
	return r
}

// sql reads an object that holds a SQL expression.
func (p *parser) sql(to *string) func(string, any) {
	return func(path string, v any) {
		p.object(path, v, fields{"SqlExpression": p.text(to), "CompatibilityLevel": ignore, "RequiresPreprocessing": ignore})
	}
}

func (p *parser) correlation(path string, v any, r *Rule) {
	r.Fields = map[string]string{}
	known := fields{"Properties": func(path string, v any) { r.Properties = p.values(path, v) }}
	for _, name := range rule.FieldNames() {
		known[name] = func(path string, v any) {
			var s string
			if p.text(&s)(path, v); s != "" {
				r.Fields[name] = s
			}
		}
	}
	p.object(path, v, known)
}

// values reads application properties.
func (p *parser) values(path string, v any) map[string]any {
	o, ok := v.(map[string]any)
	if !ok {
		p.bad(path, "need an object")
	}
	out := map[string]any{}
	for name, v := range o {
		switch v := v.(type) {
		case string, bool:
			out[name] = v
		case json.Number:
			out[name] = plainNumber(v)
		default:
			p.bad(path+"."+name, "need a text, a number, true or false")
		}
	}
	return out
}

// plainNumber is a number of the narrowest type, which every client reads.
func plainNumber(n json.Number) any {
	i, err := n.Int64()
	switch {
	case err == nil && i >= math.MinInt32 && i <= math.MaxInt32:
		return int32(i)
	case err == nil:
		return i
	}
	f, _ := n.Float64() // JSON has checked it
	return f
}
