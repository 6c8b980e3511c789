package explain

import (
	"errors"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/privacy/quoted"
)

// A View says how much of a message may be seen.
type View struct {
	Masker *privacy.Masker
	Raw    bool // all of it: the operator's own file, for another program

	body string // of the message that is shown: what quotes it is body
}

// maxShown bounds what is shown of one value, in bytes.
const maxShown = 500

// hiddenText replaces a text that privacy.text hides.
const hiddenText = "(hidden by privacy.text)"

// Mask is a text as it may be seen.
func (v View) Mask(s string) string {
	if v.Raw {
		return s
	}
	return v.Masker.Sample(quoted.Without(s, v.body), maxShown)
}

func (v View) hidden() bool { return !v.Raw && v.Masker.Hidden() }

// Operand is what a rule asked for, as it may be seen. Where texts are hidden,
// so are the message's own and its body's.
func (v View) Operand(o condition.Operand) string {
	if !o.Missing && v.hidden() {
		root, field, _ := strings.Cut(o.Name, ".")
		if root == "event" || root == "headers" || field == "exceptionMessage" || field == "innerMessage" || field == "description" {
			return o.Name + " is hidden"
		}
	}
	return v.Mask(o.String())
}

// Because is why a rule has no effect, and what its condition asked the message
// for, with what it got.
func (v View) Because(t condition.Trial, whyNot string) []string {
	why := []string{}
	if whyNot != "" {
		why = append(why, whyNot)
	}
	for _, o := range t.Asked {
		why = append(why, v.Operand(o))
	}
	missing := func(o condition.Operand) bool { return o.Missing }
	_, lacks := errors.AsType[*condition.MissingKey](t.Err)
	if said := lacks && slices.ContainsFunc(t.Asked, missing); t.Err != nil && !said {
		why = append(why, t.Err.Error())
	}
	return why
}
