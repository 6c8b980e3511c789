package condition

import (
	"regexp"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// Limits on what one text, and one evaluation of it, may cost. The author of
// the configuration means well; a message may not.
const (
	longestText  = 4096 // bytes
	deepestText  = 100
	costLimit    = 200_000 // about as many steps
	longestRun   = time.Second
	longestMatch = 64 << 10 // bytes that a regular expression reads
	longestRegex = 1000     // bytes of one that is not constant

	costExceeded = "cost limit exceeded" // as CEL says it
)

func limits() []cel.ProgramOption {
	return []cel.ProgramOption{
		cel.EvalOptions(cel.OptOptimize),
		cel.OptimizeRegex(constantMatches),
		cel.CostTracking(bySize{}), cel.CostLimit(costLimit),
		cel.InterruptCheckFrequency(100),
	}
}

// bySize lets the cost of a call grow with what it reads where CEL itself
// counts one: in our functions, and where only the message tells the types.
type bySize struct{}

func (bySize) CallCost(_, overload string, args []ref.Val, _ ref.Val) *uint64 {
	if overload != "" && !isOurs(overload) {
		return nil
	}
	sum := uint64(1)
	for _, a := range args {
		switch a.(type) {
		case types.Int, types.Double, types.Bool:
		default:
			sum += cost.ActualSize(a) / 10
		}
	}
	return &sum
}

// loops reports whether an expression has a loop in it: all, exists, map.
func loops(checked *cel.Ast) bool {
	found := false
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		found = found || e.Kind() == ast.ComprehensionKind
	}))
	return found
}

// matches is CEL's own, for texts of a bounded length.
func matches(args ...ref.Val) ref.Val {
	pattern, ok := args[1].(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[1])
	}
	if len(pattern) > longestRegex {
		return types.NewErr(costExceeded)
	}
	re, err := regexp.Compile(string(pattern))
	if err != nil {
		return types.WrapErr(err)
	}
	return match(re, args[0])
}

func match(re *regexp.Regexp, v ref.Val) ref.Val {
	s, ok := v.(types.String)
	switch {
	case !ok:
		return types.MaybeNoSuchOverloadErr(v)
	case len(s) > longestMatch:
		return types.NewErr(costExceeded)
	}
	return types.Bool(re.MatchString(string(s)))
}

// constantMatches compiles a constant regular expression once, together with
// the text that holds it.
var constantMatches = &interpreter.RegexOptimization{
	Function: "matches", OverloadID: "busbell_matches_2", RegexIndex: 1,
	Factory: func(call interpreter.InterpretableCall, pattern string) (interpreter.InterpretableCall, error) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(args ...ref.Val) ref.Val {
			return match(re, args[0])
		}), nil
	},
}
