package azfunc

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// unquote returns what a JSON string holds.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return bytes.Clone(inner)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil // the scanner took it for a string, so it is one
	}
	return []byte(s)
}

// quoted reports whether raw is a JSON string.
func quoted(raw []byte) bool {
	return len(raw) > 1 && raw[0] == '"' && valid(raw)
}

// A scalar is one value of the metadata. With cardinality one the host puts
// the JSON of a text or number into a JSON string: abc comes as "\"abc\"" and
// 4 as "4". In the arrays of cardinality many values are what they are.
type scalar struct {
	raw   []byte
	twice bool // encoded twice
}

// text returns the value as text, "" for null, objects and arrays.
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
	if !v.twice {
		return string(unquote(v.raw))
	}
	if inner, ok := bytes.CutPrefix(v.raw, []byte(`"\"`)); ok { // the common case, in one step
		inner, ok = bytes.CutSuffix(inner, []byte(`\""`))
		if ok && bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
			return string(inner)
		}
	}
	once := unquote(v.raw)
	if quoted(once) {
		return string(unquote(once))
	}
	return string(once)
}

// number returns the value as an integer, 0 if it is none.
func (v scalar) number() int64 {
	n, err := strconv.ParseInt(v.text(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// time returns the value as a time in UTC, the zero time if it is none. The
// host often leaves out the zone, and means UTC; year 1 means never.
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

// object returns the value as a JSON object, be it in a string; nil if it is
// none.
func (v scalar) object() []byte {
	raw := v.raw
	for range 2 {
		if len(raw) == 0 || raw[0] != '"' {
			break
		}
		if raw = unquote(raw); !valid(raw) {
			return nil
		}
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return raw
}
