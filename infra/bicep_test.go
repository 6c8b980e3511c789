// Package infra holds the templates of this folder to their promises: what
// may be opened with a key (nothing), what each role is for, which settings
// the functions find, what Flex Consumption refuses.
//
// The tests read the templates themselves, as far as these templates go:
// declarations, objects and lists; every other expression is its text. Whether
// a template is right as such is what the compiler and its linter say.
package infra

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A declaration is a resource or a var of a template.
type declaration struct {
	file, name string
	kind       string // resource type without its version; "" for a var
	existing   bool
	condition  string // of "if"
	body       value
}

// A value is an object, or the text of any other expression.
type value struct {
	fields map[string]value
	text   string
}

// at follows a path of field names; what is not there is the empty value.
func (v value) at(names ...string) value {
	for _, name := range names {
		v = v.fields[name]
	}
	return v
}

var repository = os.DirFS("..")

// read reads every template, by its path in this folder.
var read = sync.OnceValues(func() (map[string]string, error) {
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".bicep" {
			return err
		}
		text, err := os.ReadFile(name)
		found[name] = string(text)
		return err
	})
	return found, err
})

// templates are the texts of all templates, by their path in this folder.
func templates(t *testing.T) map[string]string {
	t.Helper()
	found, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("only %d templates found", len(found))
	}
	return found
}

var (
	declared = regexp.MustCompile(`(?m)^(?:resource (\w+) '([^'@]+)@[^']+'( existing)? = (?:\[\n  for [^:]+: )?|var (\w+) = )(.*)$`)
	guarded  = regexp.MustCompile(`^(?:if \((.*)\) )?\{$`)
)

// declarations reads the resources and vars of all templates.
func declarations(t *testing.T) []declaration {
	t.Helper()
	var all []declaration
	for file, text := range templates(t) {
		for _, at := range declared.FindAllStringSubmatchIndex(text, -1) {
			part := func(n int) string {
				if at[2*n] < 0 {
					return ""
				}
				return text[at[2*n]:at[2*n+1]]
			}
			d := declaration{file: file, name: part(1) + part(4), kind: part(2), existing: part(3) != ""}
			opening := part(5)
			if m := guarded.FindStringSubmatch(opening); m != nil {
				d.condition = m[1]
				d.body = (&reader{rest: text[at[1]:]}).object()
			} else {
				d.body = value{text: opening}
			}
			all = append(all, d)
		}
	}
	return all
}

// resources returns what is declared of a type, and fails when nothing is.
func resources(t *testing.T, kind string) []declaration {
	t.Helper()
	var found []declaration
	for _, d := range declarations(t) {
		if d.kind == kind && !d.existing {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no template makes a %s", kind)
	}
	return found
}

// A reader takes apart what follows an opening brace, one line a field.
type reader struct{ rest string }

func (r *reader) line() string {
	line, rest, _ := strings.Cut(r.rest, "\n")
	r.rest = rest
	line, _, _ = strings.Cut(line, " // ")
	return strings.TrimSpace(line)
}

var field = regexp.MustCompile(`^'?([^':]+(?:\{[^}]*\})?[^':]*)'?: (.*)$`)

// object reads to the brace that closes it.
func (r *reader) object() value {
	v := value{fields: map[string]value{}}
	for r.rest != "" {
		line := r.line()
		if strings.HasPrefix(line, "}") {
			return v
		}
		m := field.FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[2] == "{":
			v.fields[m[1]] = r.object()
		default:
			v.fields[m[1]] = value{text: r.expression(m[2])}
		}
	}
	return v
}

// expression reads on until every bracket of it is closed.
func (r *reader) expression(text string) string {
	for strings.Count(text, "[")+strings.Count(text, "{")+strings.Count(text, "(") >
		strings.Count(text, "]")+strings.Count(text, "}")+strings.Count(text, ")") && r.rest != "" {
		text += "\n" + r.line()
	}
	return text
}
