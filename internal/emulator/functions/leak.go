package functions

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// leak copies the members of a body that is a JSON object into the metadata,
// over those of the same name in any case. The host does so to every body that
// it binds as text, which is why a handler must not trust metadata then.
func leak(body string, metadata *object) {
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return
	}
	var found object
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return
		}
		if v := leaked(value); v != nil {
			found.add(name.(string), v) // the decoder accepts nothing else before a colon
		}
	}
	if _, err := d.Token(); err != nil || d.InputOffset() != int64(len(strings.TrimRight(body, " \t\r\n"))) {
		return
	}
	for _, m := range found {
		metadata.overwrite(m.name, m.value)
	}
}

// leaked is what becomes of one member: objects stay, scalars turn into
// text, null and arrays are left out.
func leaked(value json.RawMessage) []byte {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil
	}
	switch v := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			v = t.UTC().Format("01/02/2006 15:04:05")
		}
		return text(quoted(v))
	case bool:
		if v {
			return text(quoted("True"))
		}
		return text(quoted("False"))
	case json.Number:
		s := v.String()
		if strings.Contains(s, ".") && !strings.ContainsAny(s, "eE") {
			s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
		}
		return text(quoted(s))
	case map[string]any:
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			return nil
		}
		return compact.Bytes()
	}
	return nil
}
