package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/busbell/busbell"

// root is the repository, as seen from this folder.
var root = os.DirFS("../..")

// A tree is what the shipped files of each of our packages import; packages
// are named by their folder. A package that consists of tests alone is in it
// and imports nothing.
type tree map[string][]string

// readTree reads the import lines of every Go file in the repository.
func readTree(t *testing.T) tree {
	t.Helper()
	seen := make(map[string]map[string]bool)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		folder := path.Dir(name)
		if seen[folder] == nil {
			seen[folder] = make(map[string]bool)
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		imports, err := importsOf(name)
		for _, imported := range imports {
			seen[folder][imported] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make(tree, len(seen))
	for folder, imports := range seen {
		out[folder] = slices.Sorted(maps.Keys(imports))
	}
	return out
}

// skipped says which folders the go command does not look into either.
func skipped(name string) bool {
	return name == "testdata" || name == "vendor" || name == "node_modules" ||
		name != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_"))
}

func importsOf(name string) ([]string, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, imported)
	}
	return imports, nil
}

// ours returns the folders of our packages among imports.
func ours(imports []string) []string {
	var folders []string
	for _, imported := range imports {
		if folder, ok := strings.CutPrefix(imported, module+"/"); ok {
			folders = append(folders, folder)
		} else if imported == module {
			folders = append(folders, ".")
		}
	}
	return folders
}

// reaches returns every package of ours that folder depends on, itself
// included, each with the package through which it was met first.
func (tr tree) reaches(folder string) map[string]string {
	met := map[string]string{folder: ""}
	for todo := []string{folder}; len(todo) > 0; todo = todo[1:] {
		for _, next := range ours(tr[todo[0]]) {
			if _, known := met[next]; !known {
				met[next] = todo[0]
				todo = append(todo, next)
			}
		}
	}
	return met
}

// covers says whether one of the patterns stands for the folder.
func covers(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if above, ok := strings.CutSuffix(pattern, "/..."); ok {
			return within(folder, above)
		}
		return folder == pattern
	})
}

// within says whether a path is above itself or lies below it.
func within(name, above string) bool {
	return name == above || strings.HasPrefix(name, above+"/")
}
