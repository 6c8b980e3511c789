package privacy

import (
	"strings"

	"github.com/busbell/busbell/internal/privacy/secret"
)

// slack is how much more than asked for is looked at. What begins within a
// sample and is longer is told by its beginning.
const slack = 256

// Sample masks the beginning of a text and cuts it to at most the given
// number of bytes and an ellipsis. It masks first: a number cut in its
// middle looks like no card's any more.
func (m *Masker) Sample(s string, most int) string { return sample(s, most, m.Mask) }

// Field is a sample of a body field's value: as it is, secrets excepted,
// where the configuration names the field, otherwise masked. A field with a
// secret's name is a secret whatever it holds.
func (m *Masker) Field(name, value string, most int) string {
	if word, ok := secret.Field(name, value); ok {
		return word
	}
	if m.Shows(name) {
		return sample(value, most, m.MaskSecrets)
	}
	return m.Sample(value, most)
}

func sample(s string, most int, mask func(string) string) string {
	if len(s) <= most+slack {
		return cut(mask(s), most)
	}
	masked := mask(s[:most+slack])
	return cut(masked, min(most, len(masked)-slack)) // what the first cut may have halved goes
}

// cut shortens a text at the border of a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:max(most, 0)], "") + "…"
}
