package condition

import (
	"context"
	"errors"
	"strings"

	"cel.dev/cel-go/common/types/ref"

	"github.com/busbell/busbell/internal/condition/function"
)

// A MissingKey says that a message lacks a key that an expression asks for,
// or an item of a list.
type MissingKey struct{ Key string }

func (m *MissingKey) Error() string { return "no " + m.Key }

// What else goes wrong when an expression meets a message. CEL's own errors
// may quote the message's values, so they stay inside.
var (
	errCost  = errors.New("the message is too large for this expression: its cost limit is reached")
	errKind  = errors.New("a value is of another type than the expression needs")
	errValue = errors.New("a value is not what the expression needs")
)

// eval evaluates the expression. Its errors hold nothing of the message.
func (e expression) eval(v Vars) (ref.Val, error) {
	out, err := e.run(activation{v})
	if err == nil {
		return out, nil
	}
	text := err.Error()
	if key, ok := strings.CutPrefix(text, "no such key: "); ok {
		return nil, e.missing(key)
	}
	switch {
	case strings.HasPrefix(text, "index out of bounds: "), strings.HasPrefix(text, "no such attribute"):
		return nil, &MissingKey{Key: "such item"}
	case strings.Contains(text, function.CostExceeded), strings.Contains(text, "interrupted"):
		return nil, errCost
	case strings.Contains(text, "no such overload"), strings.Contains(text, "unsupported"):
		return nil, errKind
	}
	return nil, errValue
}

// run runs the program. Only one that loops can take long and needs a clock.
func (e expression) run(vars activation) (ref.Val, error) {
	if !e.loops {
		out, _, err := e.program.Eval(vars)
		return out, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), maxRun)
	defer cancel()
	out, _, err := e.program.ContextEval(ctx, vars)
	return out, err
}

// missing names a key that the text itself names. A computed one may be a
// value of the message.
func (e expression) missing(key string) error {
	if key == "" || !strings.Contains(e.text, key) {
		key = "such key"
	}
	return &MissingKey{Key: key}
}
