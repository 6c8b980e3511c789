package feature

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// An Explanation says what the flow does with one event, and why.
type Explanation struct {
	Types   []string // of the event, the most specific first
	Body    error    // why rules cannot read the body; nil if they can
	Rules   []Verdict
	Notices []notify.Notice // what is posted
}

// A Verdict is what one feature does with an event.
type Verdict struct {
	Rule, Name string // its path in busbell.yaml, "features[0]", and its name
	Wants      string // the type that it matches
	Typed      bool   // the event has that type
	Cure       string // if it has another type of the same name: `did you mean "Shop.OrderPlaced"?`

	condition.Trial // zero if the event does not have the type

	Lacking []condition.Operand // operands of its text that the event does not have
}

// Explain says what [Flow.Handle] would do with a new event. It writes nothing.
func (f *Flow) Explain(ctx context.Context, m *message.Message) Explanation {
	x := Explanation{Types: f.Types.Types(m)}
	_, x.Body = m.Event()
	wanted := f.Rules.wanting(x.Types)
	vars := f.vars(ctx, m, x.Types)
	for i, r := range f.Rules.all {
		v := Verdict{Rule: fmt.Sprintf("features[%d]", i), Name: r.name, Wants: r.event, Typed: slices.Contains(wanted, r)}
		vars.Feature = condition.Feature{Name: r.name}
		if v.Typed {
			v.Trial = r.when.Try(vars)
			v.Lacking = lacking(r.say, vars)
		} else if i := slices.IndexFunc(x.Types, func(t string) bool { return strings.EqualFold(short(t), short(r.event)) }); i >= 0 {
			v.Cure = fmt.Sprintf("did you mean %q?", x.Types[i])
		}
		x.Rules = append(x.Rules, v)
		if v.Typed && f.matches(ctx, r, vars) {
			x.Notices = append(x.Notices, f.milestone(ctx, r, vars, key(m)))
		}
	}
	return x
}

// lacking are the operands of a text that the event does not have.
func lacking(text *condition.Text, vars condition.Vars) []condition.Operand {
	return slices.DeleteFunc(text.Operands(vars), func(o condition.Operand) bool { return !o.Missing })
}

// short is the name of a type without its namespace.
func short(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
