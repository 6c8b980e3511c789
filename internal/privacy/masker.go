// Package privacy takes out of texts what nobody should read in a chat or
// find in a log: secrets, and personal data by the patterns we know.
//
// A [Masker] replaces what secret and personal find by a word in brackets,
// "[e-mail]", and a team's own patterns come last. Masking a masked text
// changes nothing. Ids, types, stack frames and order numbers are left as they
// are: a text that cannot be read helps nobody.
package privacy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/privacy/personal"
	"github.com/busbell/busbell/internal/privacy/secret"
)

// A Masker masks texts. It may be used from many goroutines at once.
type Masker struct {
	show   []string
	hidden bool
	ids    []personal.NationalID
	own    []ownPattern
	words  []string // all that can stand for something masked
}

type ownPattern struct {
	word string
	re   *regexp.Regexp
}

// New returns a Masker for a Config, which must be valid.
func New(cfg Config) (*Masker, error) {
	if p := cfg.Validate(); len(p) > 0 {
		return nil, fmt.Errorf("privacy: %s", p[0])
	}
	m := &Masker{show: cfg.Show, hidden: cfg.Text == hidden, words: slices.Concat(personal.Words, secret.Words)}
	for _, id := range personal.NationalIDs {
		if slices.ContainsFunc(cfg.NationalIDs, func(name string) bool { return strings.EqualFold(name, id.Name) }) {
			m.ids = append(m.ids, id)
			m.words = append(m.words, id.Word())
		}
	}
	for _, p := range cfg.Mask {
		word := "[" + p.Name + "]"
		m.own = append(m.own, ownPattern{word, regexp.MustCompile(p.Pattern)})
		m.words = append(m.words, word)
	}
	return m, nil
}

// Hidden reports whether texts are not to be shown at all, only types.
func (m *Masker) Hidden() bool { return m.hidden }

// ShowsAny reports whether the configuration names any body field at all.
func (m *Masker) ShowsAny() bool { return len(m.show) > 0 }

// Shows reports whether the configuration names a body field as one to be
// shown as it is; secrets in it are still masked, by [Masker.MaskSecrets].
func (m *Masker) Shows(field string) bool {
	return slices.ContainsFunc(m.show, func(name string) bool { return strings.EqualFold(name, field) })
}

// Mask replaces secrets, personal data and what the team's own patterns
// match. The result is valid UTF-8. Callers give it the few thousand bytes
// that they are about to show or store, and no more.
func (m *Masker) Mask(s string) string { return m.mask(s, true) }

// MaskSecrets replaces secrets alone: passwords, keys, tokens.
func (m *Masker) MaskSecrets(s string) string { return m.mask(s, false) }

// maxPasses bounds how often a text is looked at again because something
// was replaced in it, which can bare what stood beside it.
const maxPasses = 8

func (m *Masker) mask(s string, personalToo bool) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	for range maxPasses {
		next := m.scan(s, personalToo)
		if personalToo {
			for _, p := range m.own {
				next = m.replace(next, p.re, p.word)
			}
		}
		if next == s {
			break
		}
		s = next
	}
	return s
}
