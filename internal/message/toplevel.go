package message

import (
	"bytes"
	"encoding/json"
	"iter"
)

// topLevel yields the keys of a JSON object and the raw text of their values,
// in the order of the text. It decodes nothing it does not yield and ends
// quietly where the text is no object or is damaged, so that a caller can
// stop as soon as it has seen what it wants, whatever follows.
func topLevel(text []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		s := bytes.TrimPrefix(text, bom)
		i := space(s, 0)
		if i >= len(s) || s[i] != '{' {
			return
		}
		for i++; ; i++ {
			i = space(s, i)
			end := stringEnd(s, i)
			if end < 0 {
				return
			}
			key := jsonString(s[i:end])
			if i = space(s, end); i >= len(s) || s[i] != ':' {
				return
			}
			i = space(s, i+1)
			if end = valueEnd(s, i); end < 0 {
				return
			}
			if !yield(key, s[i:end]) {
				return
			}
			if i = space(s, end); i >= len(s) || s[i] != ',' {
				return
			}
		}
	}
}

// space is the index of the first byte from i on that is no JSON white space.
func space(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// stringEnd is the index behind the JSON string that begins at i, or -1.
func stringEnd(s []byte, i int) int {
	if i >= len(s) || s[i] != '"' {
		return -1
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// valueEnd is the index behind the JSON value that begins at i, or -1.
func valueEnd(s []byte, i int) int {
	if i >= len(s) {
		return -1
	}
	switch s[i] {
	case '"':
		return stringEnd(s, i)
	case '{', '[':
		return nestEnd(s, i)
	}
	n := bytes.IndexAny(s[i:], ",]} \t\r\n")
	if n < 0 {
		n = len(s) - i
	}
	if n == 0 {
		return -1
	}
	return i + n
}

// nestEnd is the index behind the object or list that begins at i, or -1.
func nestEnd(s []byte, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			end := stringEnd(s, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// jsonString is the text of a raw JSON string, "" for any other value.
func jsonString(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
