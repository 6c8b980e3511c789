package yamlfile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/busbell/busbell/internal/setting"
)

// MaxSize is the size limit of a file, in bytes. Real files have a hundredth of it.
const MaxSize = 256 << 10

const maxDepth = 50 // nested brackets and indents

// parse parses the file into a tree, or returns why it cannot.
func (d *Document) parse(data []byte) ast.Node {
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	switch {
	case len(data) > MaxSize:
		d.ReportAt(start, setting.Problem{What: fmt.Sprintf("the file has %d bytes", len(data)), Cure: fmt.Sprintf("at most %d are read", MaxSize)})
		return nil
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		d.ReportAt(start, setting.Problem{What: "the file is not UTF-8 text", Cure: "save it as UTF-8"})
		return nil
	}
	d.lines = strings.Split(text, "\n")
	if line := tooDeep(d.lines); line > 0 {
		d.ReportAt(Position{line, 1}, setting.Problem{What: "nested too deeply", Cure: "the file has no more than a few levels"})
		return nil
	}
	file, err := parseYAML(text)
	if err != nil {
		d.syntax(err)
		return nil
	}
	return d.onlyDocument(file)
}

// parseYAML returns a panic of the parser as an error of the file.
func parseYAML(text string) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			file, err = nil, errors.New("not readable")
		}
	}()
	return parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
}

// tooDeep is the first line with too many open brackets, or too many dashes and
// marks at its beginning, or 0. The parser recurses for each of them.
func tooDeep(lines []string) int {
	open := 0
	for i, line := range lines {
		open += strings.Count(line, "[") + strings.Count(line, "{")
		nested := strings.Count(line, "- ") + strings.Count(line, "? ") + strings.Count(line, ": ")
		if open > 20*maxDepth || nested > 20*maxDepth {
			return i + 1
		}
		open = max(0, open-strings.Count(line, "]")-strings.Count(line, "}"))
	}
	return 0
}

// onlyDocument is the root of the only document in the file.
func (d *Document) onlyDocument(file *ast.File) ast.Node {
	var root ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, ok := doc.Body.(*ast.DirectiveNode); ok {
			d.ReportAt(position(doc.Body), setting.Problem{What: "directives are not read", Cure: "remove the line"})
			return nil
		}
		if root != nil {
			d.ReportAt(position(doc.Body), setting.Problem{What: "a second document begins", Cure: "remove the line --- before it: the file holds one"})
			return nil
		}
		root = doc.Body
	}
	if root == nil {
		d.ReportAt(start, setting.Problem{What: "the file is empty", Cure: "write environment, watch and features into it"})
	}
	return root
}

// syntax reports text that is not YAML.
func (d *Document) syntax(err error) {
	at, message := start, err.Error()
	if wrong, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		message = wrong.Message
		if wrong.Token != nil && wrong.Token.Position != nil {
			at = Position{min(max(1, wrong.Token.Position.Line), len(d.lines)), max(1, wrong.Token.Position.Column)}
		}
	}
	message, _, _ = strings.Cut(message, "\n")
	cure := yamlCure(message)
	if sign := unquoted.FindStringSubmatch(d.lines[at.Line-1]); sign != nil {
		cure = "a value that begins with " + sign[1] + sign[2] + " stands in quotes"
	}
	if hidden := commentedOut(d.lines[at.Line-1]); hidden != "" {
		cure = hidden
	} else if early := swallowed(d.lines[:at.Line-1]); early > 0 {
		at = Position{early, strings.Index(d.lines[early-1], ": #") + 3}
		cure = commentedOut(d.lines[early-1])
	}
	d.ReportAt(at, setting.Problem{What: "not YAML: " + message, Cure: cure})
}

// commentedOut is the cure for a value that begins with # and so is a comment, or
// "".
func commentedOut(line string) string {
	_, comment, found := strings.Cut(line, ": #")
	if !found {
		return ""
	}
	word, _, _ := strings.Cut(comment, " ")
	return "# begins a comment: write " + strconv.Quote("#"+strings.TrimRight(word, ",}]")) + ", in quotes"
}

// unquoted finds a value that begins with a special character of YAML: a queue name
// that begins with *, or a placeholder with text after it.
var unquoted = regexp.MustCompile(`: (?:(\*)[^\s,}\]]*[,}\]]|(\{)[^{}:"']*\}[^,}\]]*[^,}\]\s])`)

// swallowed is the first line whose # hides a closing bracket, so that the parser
// fails somewhere below, or 0.
func swallowed(lines []string) int {
	for i, line := range lines {
		before, comment, found := strings.Cut(line, ": #")
		if found && strings.ContainsAny(comment, "}]") && strings.LastIndexAny(before, "{[") > strings.LastIndexAny(before, "}]") {
			return i + 1
		}
	}
	return 0
}

// yamlCure is the cure for the usual reason of a parser error.
func yamlCure(message string) string {
	for _, usual := range []struct{ part, cure string }{
		{"mapping value is not allowed", `a value with ": " in it stands in quotes`},
		{"found character '\t'", "indent with spaces, not with tabs"},
		{"reserved character", "a value that begins with it stands in quotes"},
		{"end character", "close the quotes"},
		{"escape character", `in "…" a backslash is written \\; in '…' it stands for itself`},
		{"end token", "close the bracket"},
	} {
		if strings.Contains(message, usual.part) {
			return usual.cure
		}
	}
	return "check quotes, brackets and indentation there"
}

// position is the position at which a node begins.
func position(n ast.Node) Position {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return position(m.Values[0].Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return Position{max(1, t.Position.Line), max(1, t.Position.Column)}
	}
	return start
}
