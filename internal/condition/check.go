package condition

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"github.com/busbell/busbell/internal/setting"
)

// An expression is a checked text, ready to run.
type expression struct {
	text    string
	typ     *cel.Type
	program cel.Program
	loops   bool
}

// compile parses a text, checks its types and plans its evaluation.
func compile(text string, scope Scope) (expression, []setting.Problem) {
	switch {
	case strings.TrimSpace(text) == "":
		return expression{}, one("an empty expression", "write one like "+example[scope])
	case len(text) > maxText:
		return expression{}, one(fmt.Sprintf("an expression of %d bytes", len(text)), fmt.Sprintf("at most %d are read", maxText))
	case !utf8.ValidString(text):
		return expression{}, one("an expression that is not UTF-8", "write one like "+example[scope])
	}
	env, err := envs[scope]()
	if err != nil {
		return expression{}, one("build the expression language: "+err.Error(), "")
	}
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return expression{}, problems(text, scope, issues)
	}
	program, err := env.Program(ast, limits()...)
	if err != nil { // a constant in it: a regular expression, a time
		return expression{}, one(firstLine(err.Error()), "mend that constant")
	}
	return expression{text, ast.OutputType(), program, loops(ast)}, nil
}

func one(what, cure string) []setting.Problem {
	return []setting.Problem{{What: what, Cure: cure}}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
