package message

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxBody is how much of a body is ever looked at, unpacked.
const MaxBody = 1 << 20

var bom = []byte("\ufeff")

// Content is the body as text, unpacked and without a byte order mark.
// The error says what the body is instead ("body is binary, 123 bytes"),
// never what it holds.
func (m *Message) Content() (string, error) {
	b, err := m.unpack()
	return string(b), err
}

// unpack brings the body to UTF-8 text.
func (m *Message) unpack() ([]byte, error) {
	if m.Has("rbs2-payload-attachment-id") {
		return nil, errors.New("body is a claim check: the content lies in a data bus")
	}
	if m.Has("rbs2-content-encryption") || strings.Contains(m.ContentType, "vnd.masstransit+aes") {
		return nil, fmt.Errorf("body is encrypted, %s", size(len(m.Body)))
	}
	b, err := m.decompress()
	if err != nil {
		return nil, err
	}
	if len(b) > MaxBody {
		return nil, fmt.Errorf("body is huge, %s", size(len(b)))
	}
	if inner, ok := wcf(b); ok {
		b = inner
	}
	b = utf16Text(b)
	b = bytes.TrimPrefix(b, bom)
	if len(b) == 0 {
		return nil, errors.New("body is empty")
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("body is binary%s, %s", m.kind(), size(len(b)))
	}
	return b, nil
}

func (m *Message) decompress() ([]byte, error) {
	magic := bytes.HasPrefix(m.Body, []byte{0x1f, 0x8b})
	if !magic {
		if strings.EqualFold(m.Text("rbs2-content-encoding"), "gzip") && len(m.Body) > 0 {
			return nil, fmt.Errorf("body is said to be gzip and is not, %s", size(len(m.Body)))
		}
		return m.Body, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(m.Body))
	if err != nil {
		return nil, fmt.Errorf("body is damaged gzip, %s", size(len(m.Body)))
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	switch {
	case len(b) > MaxBody:
		return nil, fmt.Errorf("body is gzip of more than %s", size(MaxBody))
	case err != nil:
		return nil, fmt.Errorf("body is damaged gzip, %s", size(len(m.Body)))
	}
	return b, nil
}

// kind is the content type in brackets, where it is one in form.
func (m *Message) kind() string {
	ct, _, _ := strings.Cut(m.ContentType, ";")
	if ct == "" || len(ct) > 80 || !strings.Contains(ct, "/") {
		return ""
	}
	for i := range len(ct) {
		if c := ct[i]; !digit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && !strings.ContainsRune("/.+-_", rune(c)) {
			return ""
		}
	}
	return " (" + ct + ")"
}

// utf16Text turns UTF-16 with a byte order mark into UTF-8.
func utf16Text(b []byte) []byte {
	little := bytes.HasPrefix(b, []byte{0xff, 0xfe})
	if !little && !bytes.HasPrefix(b, []byte{0xfe, 0xff}) || len(b)%2 != 0 {
		return b
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 2; i < len(b); i += 2 {
		if little {
			units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
		} else {
			units = append(units, uint16(b[i+1])|uint16(b[i])<<8)
		}
	}
	return []byte(string(utf16.Decode(units)))
}

func size(n int) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}
