package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// What people are told stands in operations.md with what to do: each reason
// and each kind of incident that the code knows, and none that it does not.
func TestOperationsKnowWhatIsSaid(t *testing.T) {
	text, err := os.ReadFile("operations.md")
	if err != nil {
		t.Fatal(err)
	}
	said, _, ok := strings.Cut(string(text), "\n## By symptom\n")
	if !ok {
		t.Fatal("no section By symptom")
	}
	documented := map[string]bool{}
	for _, m := range firstCell.FindAllStringSubmatch(said, -1) {
		documented[m[1]] = true
	}
	known := map[string]bool{}
	for _, name := range []string{"errorqueue", "incident", "incident/notice", "incident/reason", "incident/lifecycle", "notify", "notify/outbox", "app", "check", "message"} {
		words(t, filepath.Join(repository, "internal", name), known)
	}
	if len(known) < 20 {
		t.Fatalf("only %d found in the code", len(known))
	}
	if got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(known)); !slices.Equal(got, want) {
		t.Errorf("operations.md explains\n%q, the code says\n%q", got, want)
	}
}

// words collects from the files of a package the constants of type Reason and
// Kind, the reasons that notices are given word for word, and why a place
// cannot be read.
func words(t *testing.T, dir string, known map[string]bool) {
	t.Helper()
	files, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				kind, _ := n.Type.(*ast.Ident)
				if kind != nil && (kind.Name == "Reason" || kind.Name == "Kind") || strings.HasSuffix(file, "blind.go") {
					for _, v := range n.Values {
						add(known, v)
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Reason" {
					add(known, n.Value)
				}
			}
			return true
		})
	}
}

// add adds a literal text, or the one that an error is made of.
func add(known map[string]bool, v ast.Expr) {
	if call, ok := v.(*ast.CallExpr); ok && len(call.Args) == 1 {
		v = call.Args[0]
	}
	if literal, ok := v.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		if s, err := strconv.Unquote(literal.Value); err == nil {
			known[s] = true
		}
	}
}
