package condition

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/busbell/busbell/internal/condition/function"
)

// Limits on what one text, and one evaluation of it, may cost. The author of
// the configuration means well; a message may not.
const (
	maxText   = 4096 // bytes
	maxDepth  = 100
	costLimit = 200_000 // about as many steps
	maxRun    = time.Second
)

func limits() []cel.ProgramOption {
	return []cel.ProgramOption{
		cel.EvalOptions(cel.OptOptimize),
		cel.OptimizeRegex(function.ConstantMatches),
		cel.CostTracking(bySize{}), cel.CostLimit(costLimit),
		cel.InterruptCheckFrequency(100),
	}
}

// bySize lets the cost of a call grow with what it reads where CEL itself
// counts one: in our functions, and where only the message tells the types.
type bySize struct{}

func (bySize) CallCost(_, overload string, args []ref.Val, _ ref.Val) *uint64 {
	if overload != "" && !function.IsOurs(overload) {
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
