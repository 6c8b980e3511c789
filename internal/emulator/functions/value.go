package functions

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An object is a JSON object whose members keep their order. A member's value
// is finished JSON; nil keeps the member's place and is not written.
type object []member

type member struct {
	name  string
	value []byte
}

// add appends a member.
func (o *object) add(name string, value []byte) { *o = append(*o, member{name, value}) }

// overwrite replaces the member of that name in any case where it stands, and
// appends it if there is none.
func (o *object) overwrite(name string, value []byte) {
	i := slices.IndexFunc(*o, func(m member) bool { return strings.EqualFold(m.name, name) })
	if i < 0 {
		o.add(name, value)
		return
	}
	(*o)[i].value = value
}

// json writes the object without blanks.
func (o object) json() []byte {
	b := []byte{'{'}
	for _, m := range o {
		if m.value == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, quoted(m.name)...), ':'), m.value...)
	}
	return append(b, '}')
}

// quoted is s as a JSON string, escaped as the host's serializer does it.
func quoted(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(strings.ToValidUTF8(s, "\uFFFD")) // a string and a buffer know no error
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return bytes.ReplaceAll(out, []byte("\u0085"), []byte(`\u0085`))
}

// text is JSON put into a JSON string: what the host makes of every value
// that is neither bytes, nor a time, nor an object.
func text(value []byte) []byte { return quoted(string(value)) }

// property is the value of an application property as plain JSON.
func property(v any) []byte {
	switch v := v.(type) {
	case nil:
		return []byte("null")
	case string:
		return quoted(v)
	case bool:
		return strconv.AppendBool(nil, v)
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Append(nil, v)
	case float32:
		return float(float64(v), 32)
	case float64:
		return float(v, 64)
	case time.Time:
		return quoted(v.UTC().Format(utcTime))
	case []byte:
		b, _ := json.Marshal(v)
		return b
	default:
		return quoted(fmt.Sprint(v))
	}
}

// float writes a number the way .NET does: always with a fraction or an exponent.
func float(f float64, size int) []byte {
	switch {
	case math.IsNaN(f):
		return quoted("NaN")
	case math.IsInf(f, 1):
		return quoted("Infinity")
	case math.IsInf(f, -1):
		return quoted("-Infinity")
	}
	s := strconv.FormatFloat(f, 'G', -1, size)
	if !strings.ContainsAny(s, ".E") {
		s += ".0"
	}
	return []byte(s)
}

// The forms of a time in an envelope. Go and .NET agree on leaving out the
// zeros at the end of a fraction.
const (
	utcTime     = "2006-01-02T15:04:05.9999999Z"
	offsetTime  = "2006-01-02T15:04:05.9999999-07:00"
	wholeOffset = "2006-01-02T15:04:05-07:00"
	wholeNoZone = "2006-01-02T15:04:05"
)

// newGUID makes a random GUID.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return guid(b)
}

// guid writes 16 bytes in the usual groups.
func guid(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
