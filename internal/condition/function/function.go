// Package function holds the functions that conditions and placeholders have
// beside those of CEL, and how a value is written as text.
package function

import (
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
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
	result *cel.Type
	do     func(args ...ref.Val) ref.Val
}

var (
	text  = cel.StringType
	texts = []*cel.Type{text}
	any1  = []*cel.Type{cel.DynType}
)

var ours = []function{
	{"matches", true, []*cel.Type{text, text}, cel.BoolType, matches},
	{"lowerAscii", true, texts, text, onText(lowerASCII)},
	{"upperAscii", true, texts, text, onText(upperASCII)},
	{"trim", true, texts, text, onText(strings.TrimSpace)},
	{"string", false, any1, text, asString},
	{"number", false, any1, text, number},
	{"number", false, []*cel.Type{cel.DynType, cel.IntType}, text, number},
	{"money", false, []*cel.Type{cel.DynType, text}, text, money},
	{"date", false, any1, text, date},
	{"date", false, []*cel.Type{cel.DynType, text}, text, date},
}

// Names are the functions worth suggesting.
var Names = []string{
	"startsWith", "endsWith", "contains", "matches", "size", "has",
	"exists", "all", "filter", "map", "duration", "timestamp", "int", "double",
	"string", "number", "money", "date", "lowerAscii", "upperAscii", "trim",
}

const ourID = "busbell_"

func (f function) id() string { return ourID + f.name + "_" + strconv.Itoa(len(f.args)) }

// IsOurs reports whether a function with this overload is one of ours.
func IsOurs(overload string) bool { return strings.HasPrefix(overload, ourID) }

// Options declares our functions.
func Options() []cel.EnvOption {
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
		opts = append(opts, cel.Function(f.name, declare(f.id(), f.args, f.result, binding)))
	}
	return opts
}

// Standard is CEL's library without what we do otherwise: its string writes a
// million as 1e+06, its matches reads texts of any length.
func Standard() *env.LibrarySubset {
	return env.NewLibrarySubset().AddExcludedFunctions(
		env.NewFunction(overloads.TypeConvertString), env.NewFunction(overloads.Matches))
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
	s, ok := Written(args[0])
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
