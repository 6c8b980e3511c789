package yamlfile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/busbell/busbell/internal/setting"
)

// Report adds a problem of a value, at the position of its path. A problem that is
// only the result of a mistake in the tree is left out.
func (d *Document) Report(p setting.Problem) {
	at, there := d.places[p.Path]
	if slices.Contains(d.odd, p.Path) || slices.ContainsFunc(d.broken, func(path string) bool {
		return Within(p.Path, path) || parent(path) == p.Path
	}) {
		return
	}
	if !there {
		up := parent(p.Path)
		if slices.Contains(d.odd, up) {
			return // the key is probably there with a misspelling
		}
		d.ReportAt(d.nearest(up), p)
		return
	}
	if _, scalar := written(at.value); scalar {
		at.Position = d.within(at.value, p.Offset)
	}
	d.ReportAt(at.Position, p)
}

// Within reports whether a path is another path or below it.
func Within(path, other string) bool {
	rest, ok := strings.CutPrefix(path, other)
	return ok && (rest == "" || other == "" || rest[0] == '.' || rest[0] == '[')
}

// parent is the path one level up: "watch.page[1]" of "watch.page[1].when",
// "watch.page" of that.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// nearest returns the position of a path, or of the nearest parent that is in the
// text.
func (d *Document) nearest(path string) Position {
	for ; path != ""; path = parent(path) {
		if p, ok := d.places[path]; ok {
			return p.Position
		}
	}
	return start
}

// within returns the position of an offset in the text of a scalar.
func (d *Document) within(n ast.Node, offset int) Position {
	p := position(n)
	if p.Line > len(d.lines) {
		return p
	}
	raw := strings.Join(d.lines[p.Line-1:], "\n")
	begin := 0
	for range p.Column - 1 {
		_, size := utf8.DecodeRuneInString(raw[begin:])
		begin += size
	}
	value, _ := written(n)
	end := begin + aligned(raw[begin:], value, offset, n)
	before := raw[:end]
	if newline := strings.LastIndexByte(before, '\n'); newline >= 0 {
		return Position{p.Line + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[newline+1:])}
	}
	return Position{p.Line, 1 + utf8.RuneCountInString(before)}
}

// aligned is the offset in the raw text of a scalar for an offset in its value: it
// skips quotes, escapes and folded lines.
func aligned(raw, value string, offset int, n ast.Node) int {
	i := 0
	quote := token.UnknownType
	if t := n.GetToken(); t != nil {
		quote = t.Type
	}
	switch quote {
	case token.SingleQuoteType, token.DoubleQuoteType:
		i = 1
	case token.LiteralType, token.FoldedType:
		i = strings.IndexByte(raw, '\n') + 1
	}
	j := 0
	for j < min(offset, len(value)) && i < len(raw) {
		di, dj := step(raw[i:], value[j:], quote)
		if di == 0 && dj == 0 {
			return 0
		}
		i, j = i+di, j+dj
	}
	for i < len(raw) && j < len(value) && raw[i] != value[j] && strings.IndexByte(" \n\t", raw[i]) >= 0 {
		i++
	}
	return min(i, len(raw))
}

// step is the number of bytes to advance in the raw text and in the value.
func step(raw, value string, quote token.Type) (int, int) {
	blank := func(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }
	switch {
	case quote == token.SingleQuoteType && strings.HasPrefix(raw, "''"):
		return 2, 1
	case quote == token.DoubleQuoteType && raw[0] == '\\' && len(raw) > 1:
		return escape(raw, value)
	case raw[0] == value[0]:
		return 1, 1
	case blank(value[0]) && blank(raw[0]): // a fold: spaces and line ends are one space
		n := len(raw) - len(strings.TrimLeft(raw, " \n\t"))
		return n, 1
	case blank(raw[0]):
		return 1, 0
	case blank(value[0]):
		return 0, 1
	}
	return 0, 0
}

// escape skips an escape sequence in double quotes.
func escape(raw, value string) (int, int) {
	_, size := utf8.DecodeRuneInString(value)
	switch raw[1] {
	case 'x':
		return min(4, len(raw)), size
	case 'u':
		return min(6, len(raw)), size
	case 'U':
		return min(10, len(raw)), size
	case '\n': // a continued line
		return 2 + len(raw[2:]) - len(strings.TrimLeft(raw[2:], " \t")), 0
	}
	return 2, size
}
