package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/message/typename"
)

// A Place is where in a message a text stands: a property, or a key of its JSON.
type Place struct {
	property string
	key      string // with points before keys within
}

// The words that begin a place.
const (
	inProperty = "property"
	inBody     = "body"
)

// PlaceWords are the words that begin a place.
var PlaceWords = []string{inProperty, inBody}

// ParsePlace reads "property:EventType", "body:eventType" or "body:meta.type".
func ParsePlace(text string) (Place, error) {
	word, name, _ := strings.Cut(text, ":")
	switch {
	case word == inProperty && name != "":
		return Place{property: name}, nil
	case word == inBody && name != "":
		return Place{key: name}, nil
	}
	return Place{}, fmt.Errorf("%.60q is not a place in a message", text)
}

// InBody reports whether the place is in the body.
func (p Place) InBody() bool { return p.property == "" }

// Text is what stands there, "" where nothing does. An object or a list in the
// body is its JSON.
func (p Place) Text(m *Message) string {
	if p.property != "" {
		switch v := m.Properties[p.property].(type) {
		case nil, []byte:
			return ""
		case string:
			return v
		default:
			return fmt.Sprint(v)
		}
	}
	body, err := m.unpack()
	if err != nil {
		return ""
	}
	return keyText(firstItem(body), p.key)
}

// keyText is the value of a key of a JSON object, or of one within.
func keyText(object []byte, path string) string {
	for key, raw := range topLevel(object) {
		if key == path {
			switch {
			case raw[0] == '"':
				return jsonString(raw)
			case string(raw) == "null":
				return ""
			}
			return string(raw)
		}
		if rest, ok := strings.CutPrefix(path, key+"."); ok && raw[0] == '{' {
			if text := keyText(raw, rest); text != "" {
				return text
			}
		}
	}
	return ""
}

// Places are where a configuration says that something stands. The first that is
// there counts.
type Places []Place

// Text is what stands at the first place that is there, "" where none is.
func (ps Places) Text(m *Message) string {
	for _, p := range ps {
		if text := p.Text(m); text != "" {
			return text
		}
	}
	return ""
}

// Types are the types of a message, as [Message.Types] has them, behind the one
// that stands at these places.
func (ps Places) Types(m *Message) []string {
	types := m.Types()
	said := typename.Of(ps.Text(m))
	if said == "" {
		return types
	}
	others := slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == said })
	return append([]string{said}, others...)
}
