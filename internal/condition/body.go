package condition

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Body reads a message's JSON body as the variable event: objects are
// map[string]any, lists []any, whole numbers int64, those with a fraction
// float64, and numbers that fit neither are texts. An error says that it is
// no JSON, and nothing of what it is.
func Body(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errNotJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errNotJSON
	}
	return exact(v), nil
}

var errNotJSON = errors.New("the body is not JSON")

// exact turns numbers into the types that conditions compare, in place.
func exact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			v[k] = exact(item)
		}
	case []any:
		for i, item := range v {
			v[i] = exact(item)
		}
	case json.Number:
		return fitting(v)
	}
	return v
}

func fitting(n json.Number) any {
	if !strings.ContainsAny(string(n), ".eE") {
		if i, err := n.Int64(); err == nil {
			return i
		}
		return string(n)
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return string(n)
}
