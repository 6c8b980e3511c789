package message

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Event is the body as the value that a feature's rules see: JSON objects as
// map[string]any, lists as []any, whole numbers as int64 (beyond its range as
// string, so that no digit is lost), numbers with a fraction as float64. Of
// an envelope it is the sender's own part: MassTransit's message,
// CloudEvents' data.
//
// The error says what the body is instead, never what it holds.
func (m *Message) Event() (any, error) {
	b, err := m.unpack()
	if err != nil {
		return nil, err
	}
	return value(m.payload(b))
}

// payload is the sender's own part of a body.
func (m *Message) payload(b []byte) []byte {
	switch m.Framework() {
	case MassTransit:
		typed, inner := false, []byte(nil)
		for key, raw := range topLevel(b) {
			switch key {
			case "messageType":
				typed = true
			case "message":
				inner = raw
			}
		}
		if typed && inner != nil {
			return inner
		}
	case Dapr, Plain:
		ce, ok := m.cloudEvent()
		if !ok || ce.data == nil {
			break
		}
		if !ce.base64 {
			return ce.data
		}
		if data, err := base64.StdEncoding.DecodeString(jsonString(ce.data)); err == nil {
			return data
		}
	}
	return b
}

func value(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return numbers(v), nil
		}
		return nil, fmt.Errorf("body is JSON with something behind it, %s", size(len(b)))
	}
	trimmed := bytes.TrimSpace(b)
	switch {
	case len(trimmed) == 0:
		return nil, errors.New("body is blank")
	case trimmed[0] == '<':
		return nil, fmt.Errorf("body is XML, %s", size(len(b)))
	case inBase64(trimmed):
		return nil, fmt.Errorf("body is base64, %s", size(len(b)))
	case trimmed[0] != '{' && trimmed[0] != '[':
		return nil, fmt.Errorf("body is text and no JSON, %s", size(len(b)))
	}
	return nil, fmt.Errorf("body is damaged JSON, %s", size(len(b)))
}

// inBase64 tells encoded bytes from words: they are long and have no blanks.
func inBase64(text []byte) bool {
	if len(text) < 24 || len(text)%4 != 0 {
		return false
	}
	_, err := base64.StdEncoding.Decode(make([]byte, len(text)), text)
	return err == nil
}

// numbers replaces every json.Number in v, in place.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = numbers(x)
		}
	case []any:
		for i, x := range v {
			v[i] = numbers(x)
		}
	case json.Number:
		return number(string(v))
	}
	return v
}

func number(s string) any {
	if !strings.ContainsAny(s, ".eE") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
		return s
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}
