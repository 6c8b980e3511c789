package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
	"testing"
)

// A size is how large a package is: its shipped files and their lines, and the
// methods of its type that has most.
type size struct{ files, lines, methods int }

// limit is what one room holds: a reader keeps that much in mind.
var limit = size{files: 14, lines: 1300, methods: 20}

// larger are the packages that are over the limit, with what they may hold at
// most. None is added; the numbers go down.
var larger = map[string]size{}

// The stand-ins and the benchmarks are measured by what they stand in for.
func exempt(folder string) bool {
	return within(folder, "internal/emulator") || within(folder, "bench")
}

func TestPackagesStaySmall(t *testing.T) {
	for folder, got := range sizes(t) {
		if exempt(folder) {
			continue
		}
		most := limit
		if l, known := larger[folder]; known {
			most = size{max(l.files, limit.files), max(l.lines, limit.lines), max(l.methods, limit.methods)}
		}
		if got.files > most.files || got.lines > most.lines || got.methods > most.methods {
			t.Errorf("%s has %d files, %d lines and a type of %d methods, more than %d, %d, %d: make two rooms of it", folder, got.files, got.lines, got.methods, most.files, most.lines, most.methods)
		}
	}
}

func TestPackagesThatAreSmallAreNotCalledLarger(t *testing.T) {
	all := sizes(t)
	for folder := range larger {
		if got := all[folder]; got.files <= limit.files && got.lines <= limit.lines && got.methods <= limit.methods {
			t.Errorf("%s is within the limit: take its line away", folder)
		}
	}
}

// sizes measures the shipped files of all our packages.
func sizes(t *testing.T) map[string]size {
	t.Helper()
	all := map[string]size{}
	methods := map[string]int{} // by folder and type
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		s := all[folder]
		s.files++
		s.lines += bytes.Count(text, []byte("\n"))
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				typ := folder + "." + receiver(f.Recv.List[0].Type)
				methods[typ]++
				s.methods = max(s.methods, methods[typ])
			}
		}
		all[folder] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// receiver is the name of the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
