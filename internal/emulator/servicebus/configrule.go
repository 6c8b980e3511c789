package servicebus

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// rule reads a rule of a subscription. What is not emulated lets everything
// pass and is warned of, so that Microsoft's own files can be used.
func (p *parser) rule(path string, v any) (r Rule) {
	var kind string
	p.object(path, v, fields{
		"Name": p.text(&r.Name),
		"Properties": func(path string, v any) {
			p.object(path, v, fields{
				"FilterType":        p.text(&kind),
				"CorrelationFilter": func(path string, v any) { p.correlation(path, v, &r) },
				"SqlFilter":         ignore, // by its type, below
				"Action":            func(path string, _ any) { p.warn(path, "actions are not emulated: messages stay as they are") },
			})
		},
	})
	switch strings.ToLower(kind) {
	case "", "correlation", "true", "truefilter":
	case "sql", "sqlfilter":
		p.warn(path+".Properties.SqlFilter", "SQL filters are not emulated: every message passes")
	default:
		p.bad(path+".Properties.FilterType", "unknown type %q; known are Correlation, Sql", kind)
	}
	return r
}

func (p *parser) correlation(path string, v any, r *Rule) {
	r.Fields = map[string]string{}
	known := fields{"Properties": func(path string, v any) { r.Properties = p.values(path, v) }}
	for _, name := range slices.Sorted(maps.Keys(correlated)) {
		known[name] = func(path string, v any) {
			var s string
			if p.text(&s)(path, v); s != "" {
				r.Fields[name] = s
			}
		}
	}
	p.object(path, v, known)
}

// values reads application properties, each as the text of its value.
func (p *parser) values(path string, v any) map[string]string {
	o, ok := v.(map[string]any)
	if !ok {
		p.bad(path, "need an object")
	}
	out := map[string]string{}
	for name, v := range o {
		switch v := v.(type) {
		case string:
			out[name] = v
		case json.Number:
			out[name] = v.String()
		case bool:
			out[name] = map[bool]string{true: "true", false: "false"}[v]
		default:
			p.bad(path+"."+name, "need a text, a number, true or false")
		}
	}
	return out
}
