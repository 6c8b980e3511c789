package condition

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// A function is one that we add to CEL's own.
type function struct {
	name   string
	member bool // written after its first argument: x.trim()
	args   []*cel.Type
	do     func(args ...ref.Val) ref.Val
}

var ours = []function{
	{"lowerAscii", true, []*cel.Type{cel.StringType}, onText(lowerASCII)},
	{"upperAscii", true, []*cel.Type{cel.StringType}, onText(upperASCII)},
	{"trim", true, []*cel.Type{cel.StringType}, onText(strings.TrimSpace)},
	{"string", false, []*cel.Type{cel.DynType}, asString},
	{"number", false, []*cel.Type{cel.DynType}, number},
	{"number", false, []*cel.Type{cel.DynType, cel.IntType}, number},
	{"money", false, []*cel.Type{cel.DynType, cel.StringType}, money},
	{"date", false, []*cel.Type{cel.DynType}, date},
	{"date", false, []*cel.Type{cel.DynType, cel.StringType}, date},
}

// functionNames are the functions worth suggesting.
var functionNames = []string{
	"startsWith", "endsWith", "contains", "matches", "size", "has",
	"exists", "all", "filter", "map", "duration", "timestamp", "int", "double",
	"string", "number", "money", "date", "lowerAscii", "upperAscii", "trim",
}

func (f function) id() string {
	return "busbell_" + f.name + "_" + string(rune('0'+len(f.args)))
}

// functions declares ours.
func functions() []cel.EnvOption {
	var opts []cel.EnvOption
	for _, f := range ours {
		declare := cel.Overload
		if f.member {
			declare = cel.MemberOverload
		}
		binding := cel.FunctionBinding(f.do)
		switch len(f.args) {
		case 1:
			binding = cel.UnaryBinding(func(a ref.Val) ref.Val { return f.do(a) })
		case 2:
			binding = cel.BinaryBinding(func(a, b ref.Val) ref.Val { return f.do(a, b) })
		}
		opts = append(opts, cel.Function(f.name, declare(f.id(), f.args, cel.StringType, binding)))
	}
	return opts
}

// costs makes the cost of ours grow with the text that they read.
func costs() []cost.TrackerOption {
	var opts []cost.TrackerOption
	for _, f := range ours {
		opts = append(opts, cost.OverloadTracker(f.id(), func(args []ref.Val, _ ref.Val) *uint64 {
			c := 1 + cost.ActualSize(args[0])/10
			return &c
		}))
	}
	return opts
}

// withoutString is CEL's standard library without its string function, which
// writes a million as 1e+06.
func withoutString() *env.LibrarySubset {
	return env.NewLibrarySubset().AddExcludedFunctions(env.NewFunction(overloads.TypeConvertString))
}

func onText(f func(string) string) func(...ref.Val) ref.Val {
	return func(args ...ref.Val) ref.Val {
		s, ok := args[0].(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[0])
		}
		return types.String(f(string(s)))
	}
}

func asString(args ...ref.Val) ref.Val {
	s, ok := written(args[0])
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	return types.String(s)
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r + 'A' - 'a'
		}
		return r
	}, s)
}
