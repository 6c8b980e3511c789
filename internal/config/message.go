package config

import (
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/setting"
)

// Message says where messages, failed ones and events, carry what Busbell would
// else look for. The first place that is there counts, before all else.
type Message struct {
	Type      []Place `yaml:"type"`
	Exception []Place `yaml:"exception"`
}

// A Place is where in a message a text stands, "property:EventType" or
// "body:eventType".
type Place string

// UnmarshalText reads a place.
func (p *Place) UnmarshalText(text []byte) error {
	s := string(text)
	word, name, colon := strings.Cut(s, ":")
	wrong := &setting.Misread{What: fmt.Sprintf("%.60q is not a place in a message", s)}
	switch _, err := message.ParsePlace(s); {
	case err == nil && strings.TrimSpace(name) != name:
		wrong.Offset, wrong.Cure = len(word)+1, fmt.Sprintf("did you mean %q?", word+":"+strings.TrimSpace(name))
	case err == nil:
		*p = Place(s)
		return nil
	case !colon && s != "":
		wrong.Cure = fmt.Sprintf("did you mean %q?", "property:"+s)
	case name == "":
		wrong.Cure = `write it like "property:EventType" or "body:eventType"`
	default:
		wrong.Cure = setting.Suggest(word, message.PlaceWords)
	}
	return wrong
}

// places are those of a list.
func places(list []Place) message.Places {
	var all message.Places
	for _, p := range list {
		if place, err := message.ParsePlace(string(p)); err == nil {
			all = append(all, place)
		}
	}
	return all
}
