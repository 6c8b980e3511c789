package operator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes v as a line of JSON. What a terminal would obey or not show,
// such as U+009B or a mark of direction, is escaped: it comes from messages.
func WriteJSON(to io.Writer, v any) error {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	var out bytes.Buffer
	for rest := bytes.TrimSuffix(line.Bytes(), []byte("\n")); len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Variation_Selector):
			out.Write(rest[:n])
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		rest = rest[n:]
	}
	out.WriteByte('\n')
	_, err := to.Write(out.Bytes())
	return err
}
