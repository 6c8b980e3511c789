package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// coined are words that only this project's builders would understand, and
// what to write instead. People read them in documents, in help, in errors, in
// log lines and in Slack.
var coined = map[string]string{
	"anew":      "again",
	"bystander": "source reader",
	"deaf":      "unreachable",
	"deed":      "action",
	"farewell":  "resolution",
	"glance":    "poll",
	"heed":      "import",
	"heeded":    "imported",
	"lookout":   "self check",
	"misread":   "misunderstood",
	"moot":      "obsolete",
	"overtaken": "changed concurrently",
	"quelled":   "grouped",
	"roll call": "full scan",
	"sighting":  "observation",
	"stretch":   "batch",
	"survey":    "scan",
	"verdict":   "result",
	"not so":    "failed",
}

func TestPeopleReadNoCoinedWord(t *testing.T) {
	words := make([]string, 0, len(coined))
	for word := range coined {
		words = append(words, regexp.QuoteMeta(word))
	}
	pattern := regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)(e?s)?\b`)
	check := func(where, text string) {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			t.Errorf("%s: %q is coined, write %q: %.80s", where, m[0], coined[strings.ToLower(m[1])], text)
		}
	}
	for file, text := range documents(t) {
		for n, line := range strings.Split(text, "\n") {
			check(file+":"+strconv.Itoa(n+1), inlineCode.ReplaceAllString(line, ""))
		}
	}
	for _, folder := range []string{"cmd", "handler", "internal", "servicebustest"} {
		err := fs.WalkDir(os.DirFS(repository), folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
				return err
			}
			return texts(filepath.Join(repository, name), func(line int, text string) { check(name+":"+strconv.Itoa(line), text) })
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

var inlineCode = regexp.MustCompile("`[^`]*`")

// texts calls f with the strings of a Go file that are sentences, and so may be
// read: they hold a blank.
func texts(file string, f func(line int, text string)) error {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		if text, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(strings.TrimSpace(text), " ") {
			f(files.Position(lit.Pos()).Line, text)
		}
		return true
	})
	return nil
}
