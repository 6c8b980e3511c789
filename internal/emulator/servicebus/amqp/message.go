package amqp

import "fmt"

// Codes of a message's sections, part 3, section 3.2.
const (
	SectionHeader              = 0x70
	SectionDeliveryAnnotations = 0x71
	SectionAnnotations         = 0x72
	SectionProperties          = 0x73
	SectionApplication         = 0x74
	SectionData                = 0x75
	SectionSequence            = 0x76
	SectionValue               = 0x77
	SectionFooter              = 0x78
)

// BatchFormat is the message format of several messages in one transfer:
// each data section holds one encoded message.
const BatchFormat = 0x80013700

// Sections is a message cut into its encoded sections, descriptors included.
// Absent sections are nil; Body is all data, sequence or value sections.
type Sections struct {
	Header, DeliveryAnnotations, Annotations []byte
	Properties, Application                  []byte
	Body, Footer                             []byte
}

// Cut cuts an encoded message and checks that every section is well formed
// and in its place. Delivery annotations may stand anywhere, because Python's
// client writes them behind the body. The sections share memory with b.
func Cut(b []byte) (Sections, error) {
	var s Sections
	var body []byte // of b, from the first body section on
	last, before := byte(0), byte(0)
	for len(b) > 0 {
		code, value, err := sectionCode(b)
		if err != nil {
			return s, err
		}
		if !follows(code, last, before) || code == SectionDeliveryAnnotations && s.DeliveryAnnotations != nil {
			return s, fmt.Errorf("section 0x%x after section 0x%x", code, before)
		}
		rest, err := Skip(value)
		if err != nil {
			return s, fmt.Errorf("section 0x%x: %w", code, err)
		}
		if !fits(code, value[0]) {
			return s, fmt.Errorf("section 0x%x holds constructor 0x%02x", code, value[0])
		}
		switch {
		case !inBody(code):
			*s.part(code) = b[:len(b)-len(rest)]
		case body == nil:
			body = b
			fallthrough
		default:
			s.Body = body[:len(body)-len(rest)]
		}
		if before, b = code, rest; code != SectionDeliveryAnnotations {
			last = code
		}
	}
	return s, nil
}

// follows reports whether a section may come after another one; before is the
// section that stands right before it, which may be delivery annotations.
func follows(code, last, before byte) bool {
	switch {
	case code == SectionDeliveryAnnotations:
		return true
	case code == last && before == last:
		return code == SectionData || code == SectionSequence
	}
	return code > last && (!inBody(code) || !inBody(last))
}

func inBody(code byte) bool { return code >= SectionData && code <= SectionValue }

// fits reports whether a value of this constructor may be in this section.
func fits(section, constructor byte) bool {
	switch section {
	case SectionHeader, SectionProperties, SectionSequence:
		return constructor == codeList0 || constructor == codeList8 || constructor == codeList32
	case SectionData:
		return constructor == codeBin8 || constructor == codeBin32
	case SectionValue:
		return true
	}
	return constructor == codeMap8 || constructor == codeMap32
}

func (s *Sections) part(code byte) *[]byte {
	switch code {
	case SectionHeader:
		return &s.Header
	case SectionDeliveryAnnotations:
		return &s.DeliveryAnnotations
	case SectionAnnotations:
		return &s.Annotations
	case SectionProperties:
		return &s.Properties
	case SectionApplication:
		return &s.Application
	}
	return &s.Footer
}

// sectionCode reads the descriptor that b starts with, and returns what
// follows it: the section's value and all after it.
func sectionCode(b []byte) (byte, []byte, error) {
	if b[0] != codeDescribed {
		return 0, nil, fmt.Errorf("message section starts with 0x%02x", b[0])
	}
	v, rest, err := Decode(b[1:])
	if err != nil {
		return 0, nil, err
	}
	code, ok := v.(uint64)
	if !ok || code < SectionHeader || code > SectionFooter {
		return 0, nil, fmt.Errorf("unknown message section %v", v)
	}
	return byte(code), rest, nil
}

// SectionList returns the list in a header or properties section; a nil
// section is an empty list.
func SectionList(section []byte) (List, error) { return sectionAs[List](section) }

// SectionMap returns the map in a section of annotations or application
// properties; a nil section is an empty map.
func SectionMap(section []byte) (Map, error) { return sectionAs[Map](section) }

func sectionAs[T List | Map](section []byte) (T, error) {
	if section == nil {
		return nil, nil
	}
	v, _, err := Decode(section)
	if err != nil {
		return nil, err
	}
	d, _ := v.(Described)
	if d.Value == nil {
		return nil, nil
	}
	t, ok := d.Value.(T)
	if !ok {
		return nil, fmt.Errorf("message section holds a %T", d.Value)
	}
	return t, nil
}

// BodyValue returns the value of a body that is one value section, and
// whether it is that.
func BodyValue(body []byte) (any, bool) {
	if len(body) == 0 {
		return nil, false
	}
	code, rest, err := sectionCode(body)
	if err != nil || code != SectionValue {
		return nil, false
	}
	v, _, err := Decode(rest)
	return v, err == nil
}

// DataSections returns the contents of a body that is data sections only.
// They share memory with body.
func DataSections(body []byte) ([][]byte, error) {
	var all [][]byte
	for len(body) > 0 {
		code, rest, err := sectionCode(body)
		if err != nil {
			return nil, err
		}
		if code != SectionData || len(rest) == 0 || !fits(SectionData, rest[0]) {
			return nil, fmt.Errorf("section 0x%x where data was expected", code)
		}
		d := decoder{b: rest[1:]}
		n, err := d.size(rest[0])
		if err != nil {
			return nil, err
		}
		b, err := d.take(n)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
		body = d.b
	}
	return all, nil
}

// AppendSection appends a section with a value.
func AppendSection(dst []byte, code byte, v any) []byte {
	return Append(append(dst, codeDescribed, codeSmallUlong, code), v)
}

// AppendMapSection appends a section that holds a map of count pairs, which
// are encoded already.
func AppendMapSection(dst []byte, code byte, count int, pairs ...[]byte) []byte {
	dst = append(dst, codeDescribed, codeSmallUlong, code, codeMap32)
	return appendWide(dst, 2*count, func(dst []byte) []byte {
		for _, p := range pairs {
			dst = append(dst, p...)
		}
		return dst
	})
}
