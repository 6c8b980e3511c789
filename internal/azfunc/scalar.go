package azfunc

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// unquote returns the value of a JSON string, or "" if raw is not one.
func unquote(raw []byte) string {
	if inner := bytes.Trim(raw, `"`); len(inner) == len(raw)-2 && bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner) // the usual case, at a tenth of the cost
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ""
	}
	return s
}

// quoted reports whether s is itself a JSON string.
func quoted(s string) bool {
	return strings.HasPrefix(s, `"`) && json.Valid([]byte(s))
}

// A scalar is one value of the metadata. With cardinality one the host encodes
// it twice: abc is "\"abc\"", and 4 is "4". With cardinality many, values are
// encoded once.
type scalar struct {
	raw   json.RawMessage
	twice bool // encoded twice
}

// text returns the value as text, or "" for null, objects and arrays.
func (v scalar) text() string {
	if len(v.raw) == 0 {
		return ""
	}
	switch v.raw[0] {
	case '{', '[', 'n':
		return ""
	case '"':
	default:
		return string(v.raw)
	}
	once := unquote(v.raw)
	if v.twice && quoted(once) {
		return unquote([]byte(once))
	}
	return once
}

// number returns the value as an integer, or 0 if it is not one.
func (v scalar) number() int64 {
	n, err := strconv.ParseInt(v.text(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// time returns the value as a time in UTC, or the zero time if it is not one. The
// host often omits the zone, which means UTC; year 1 means never.
func (v scalar) time() time.Time {
	s := v.text()
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05.999999999", s)
	}
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t.UTC()
}

// object returns the value as a JSON object, also if it is encoded in a string
// once or twice. It returns nil if the value is not an object.
func (v scalar) object() object {
	raw := v.raw
	for range 2 {
		if len(raw) > 0 && raw[0] == '"' {
			raw = json.RawMessage(unquote(raw))
		}
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil
	}
	return o
}
