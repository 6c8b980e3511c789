package privacy

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/privacy/personal"
	"github.com/busbell/busbell/internal/setting"
)

// A Config says what of a message may be shown, beyond the rules that
// always hold. Its zero value masks what those rules know.
type Config struct {
	Show []string  `yaml:"show"` // names of body fields that are shown as they are, secrets excepted
	Mask []Pattern `yaml:"mask"` // what else is masked
	Text string    `yaml:"text"` // "masked", the default, or "hidden": types only

	// NationalIDs names the numbers of persons that are masked as well.
	NationalIDs []string `yaml:"nationalIds"`
}

// A Pattern is what a team masks by its own rule, an RE2 expression, and the
// name that stands there instead.
type Pattern struct {
	Name    string `yaml:"name"`
	Pattern string `yaml:"pattern"`
}

// What Config.Text can say.
const (
	masked = "masked"
	hidden = "hidden"
)

// patternName leaves out how long it may be, and the others like it too: such
// a class forty times over costs a megabyte and a millisecond of every start.
var patternName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} _.-]*$`)

const longestName = 40

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() []setting.Problem {
	var problems []setting.Problem
	for i, name := range c.Show {
		if strings.TrimSpace(name) == "" {
			problems = append(problems, setting.Problem{Path: fmt.Sprintf("show[%d]", i), What: "no field", Cure: "write the name of a body field, such as OrderId"})
		}
	}
	for i, p := range c.Mask {
		problems = append(problems, setting.Under(fmt.Sprintf("mask[%d]", i), p.validate())...)
	}
	if c.Text != "" && c.Text != masked && c.Text != hidden {
		problems = append(problems, setting.Problem{
			Path: "text", What: fmt.Sprintf("%.40q is not a way to show texts", c.Text), Cure: setting.Suggest(c.Text, []string{masked, hidden}),
		})
	}
	var known []string
	for _, id := range personal.NationalIDs {
		known = append(known, id.Name)
	}
	for i, name := range c.NationalIDs {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			problems = append(problems, setting.Problem{
				Path: fmt.Sprintf("nationalIds[%d]", i), What: fmt.Sprintf("%.40q is not a national id that is known", name), Cure: setting.Suggest(name, known),
			})
		}
	}
	return problems
}

func (p Pattern) validate() []setting.Problem {
	var problems []setting.Problem
	if !patternName.MatchString(p.Name) || utf8.RuneCountInString(p.Name) > longestName {
		problems = append(problems, setting.Problem{
			Path: "name", What: fmt.Sprintf("%.50q cannot stand for what is masked", p.Name), Cure: "at most 40 letters, digits and blanks, such as customer number",
		})
	}
	re, err := regexp.Compile(p.Pattern)
	wrong, isSyntax := errors.AsType[*syntax.Error](err)
	switch {
	case p.Pattern == "":
		problems = append(problems, setting.Problem{Path: "pattern", What: "no pattern", Cure: `write an RE2 expression in single quotes, such as 'C-\d{6}'`})
	case isSyntax:
		problems = append(problems, setting.Problem{
			Path: "pattern", Offset: max(strings.Index(p.Pattern, wrong.Expr), 0), What: wrong.Error(), Cure: "write an RE2 expression; it knows no look-ahead and no back-references",
		})
	case err != nil:
		problems = append(problems, setting.Problem{Path: "pattern", What: err.Error()})
	case re.MatchString(""):
		problems = append(problems, setting.Problem{Path: "pattern", What: "it matches even an empty text", Cure: `ask for at least one character: \d+ rather than \d*`})
	}
	return problems
}
