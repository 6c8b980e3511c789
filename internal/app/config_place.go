package app

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/busbell/busbell/internal/setting"
)

// judge adds a problem that a Config found, at its place in the file. One
// that only follows from a fault of the tree is left out.
func (r *reader) judge(p setting.Problem) {
	spot, there := r.places[p.Path]
	if slices.Contains(r.odd, p.Path) || slices.ContainsFunc(r.broken, func(path string) bool {
		return within(p.Path, path) || parent(path) == p.Path
	}) {
		return
	}
	if !there {
		up := parent(p.Path)
		if slices.Contains(r.odd, up) {
			return // the key is probably there, misspelt
		}
		line, column := r.nearest(up)
		r.fault(line, column, p)
		return
	}
	line, column := spot.line, spot.column
	if _, scalar := written(spot.value); scalar {
		line, column = r.within(spot.value, p.Offset)
	}
	r.fault(line, column, p)
}

// within reports whether a path lies at or below another.
func within(path, other string) bool {
	rest, ok := strings.CutPrefix(path, other)
	return ok && (rest == "" || other == "" || rest[0] == '.' || rest[0] == '[')
}

// parent is the path above: "watch.page[1]" of "watch.page[1].when",
// "watch.page" of that.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// nearest is the place of a path, or of the first one above that is there.
func (r *reader) nearest(path string) (line, column int) {
	for ; path != ""; path = parent(path) {
		if spot, ok := r.places[path]; ok {
			return spot.line, spot.column
		}
	}
	return 1, 1
}

// within is the line and column of an offset within a scalar's text.
func (r *reader) within(n ast.Node, offset int) (line, column int) {
	line, column = at(n)
	if line > len(r.lines) {
		return line, column
	}
	raw := strings.Join(r.lines[line-1:], "\n")
	start := 0
	for range column - 1 {
		_, size := utf8.DecodeRuneInString(raw[start:])
		start += size
	}
	value, _ := written(n)
	end := start + aligned(raw[start:], value, offset, n)
	before := raw[:end]
	if newline := strings.LastIndexByte(before, '\n'); newline >= 0 {
		return line + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[newline+1:])
	}
	return line, 1 + utf8.RuneCountInString(before)
}

// aligned is where in the raw text of a scalar the byte of its value at
// offset stands: behind the quote, past escapes, over folded lines.
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

// step is by how many bytes to go on in the raw text and in the value.
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

// escape steps over an escape sequence in double quotes.
func escape(raw, value string) (int, int) {
	_, size := utf8.DecodeRuneInString(value)
	switch raw[1] {
	case 'x':
		return min(4, len(raw)), size
	case 'u':
		return min(6, len(raw)), size
	case 'U':
		return min(10, len(raw)), size
	case '\n': // a line that goes on
		return 2 + len(raw[2:]) - len(strings.TrimLeft(raw[2:], " \t")), 0
	}
	return 2, size
}
