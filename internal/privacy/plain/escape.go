package plain

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape reads the escape that begins at i: one of JSON and its like, of a
// URL, of XML. A width of 0 means that none does.
func unescape(s string, i int) (with string, width int, own bool) {
	switch s[i] {
	case '\\':
		return backslash(s[i:])
	case '%':
		if len(s) > i+2 {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				return oneByte(byte(n)), 3, true
			}
		}
	case '&':
		end := strings.IndexByte(s[i:min(len(s), i+10)], ';')
		if end > 1 {
			with = entity(s[i+1 : i+end])
		}
		if with != "" {
			return with, end + 1, false
		}
	}
	return "", 0, false
}

func oneByte(c byte) string {
	if c == Mark || c == 0 {
		return " "
	}
	return string([]byte{c})
}

// backslash reads an escape of JSON, C# or Python. A line's end may as well be
// the border of a path or an account's domain, so it belongs to the value.
func backslash(s string) (with string, width int, own bool) {
	if len(s) < 2 {
		return "", 0, false
	}
	digits, width := "", 0
	switch s[1] {
	case '\\', '/', '"', '\'':
		return s[1:2], 2, false
	case 'n':
		return "\n", 2, true
	case 'r':
		return "\r", 2, true
	case 't':
		return "\t", 2, true
	case 'x':
		digits, width = s[2:min(len(s), 4)], 4
	case 'u':
		digits, width = s[2:min(len(s), 6)], 6
		if end := strings.IndexByte(s[:min(len(s), 10)], '}'); end > 3 && s[2] == '{' {
			digits, width = s[3:end], end+1
		}
	case 'U':
		digits, width = s[2:min(len(s), 10)], 10
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(s) < width {
		return "", 0, false
	}
	return character(n), width, false
}

func character(n uint64) string {
	if n == 0 || n > utf8.MaxRune {
		return " "
	}
	return string(rune(n))
}

// entity is what a name between & and ; stands for in XML and HTML; "" if
// nothing that is known.
func entity(name string) string {
	switch name {
	case "amp":
		return "&"
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "quot":
		return `"`
	case "apos":
		return "'"
	case "nbsp":
		return "\u00a0"
	case "plus":
		return "+"
	case "commat":
		return "@"
	case "equals":
		return "="
	case "colon":
		return ":"
	}
	digits, number := strings.CutPrefix(name, "#")
	base := 10
	if number && len(digits) > 1 && digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !number || err != nil {
		return ""
	}
	return character(n)
}
