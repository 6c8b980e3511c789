package function

import (
	"regexp"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// CostExceeded is how CEL begins the error of an evaluation that costs too much.
const CostExceeded = "cost limit exceeded"

const (
	maxMatched = 64 << 10 // bytes that a regular expression reads
	maxRegex   = 1000     // bytes of one that is not constant
)

// matches is CEL's own, for texts of a bounded length.
func matches(args ...ref.Val) ref.Val {
	pattern, ok := args[1].(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[1])
	}
	if len(pattern) > maxRegex {
		return types.NewErr(CostExceeded)
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
	case len(s) > maxMatched:
		return types.NewErr(CostExceeded)
	}
	return types.Bool(re.MatchString(string(s)))
}

// ConstantMatches compiles a constant regular expression once, together with
// the text that holds it.
var ConstantMatches = &interpreter.RegexOptimization{
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
