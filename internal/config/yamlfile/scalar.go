package yamlfile

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/busbell/busbell/internal/setting"
)

// text decodes a scalar into a type with UnmarshalText.
func (d *Document) text(path string, n ast.Node, into encoding.TextUnmarshaler) {
	s, ok := written(n)
	if !ok {
		d.wrong(path, n, "found "+kind(n)+", expected a text", d.emptyCure(n, "write one value"))
		return
	}
	err := into.UnmarshalText([]byte(s))
	if err == nil {
		return
	}
	p := setting.Problem{Path: path, What: err.Error()}
	if misread, ok := errors.AsType[*setting.Misread](err); ok {
		p.Offset, p.What, p.Cure = misread.Offset, misread.What, misread.Cure
	}
	d.broken = append(d.broken, path)
	d.ReportAt(d.within(n, p.Offset), p)
}

// scalar decodes a text, a number or a bool, or a pointer to one.
func (d *Document) scalar(path string, n ast.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		s, ok := quotable(n)
		if !ok {
			d.wrong(path, n, "found "+kind(n)+", expected a text", d.emptyCure(n, "put it in quotes"))
			return
		}
		v.SetString(s)
	case reflect.Int:
		_, ok := n.(*ast.IntegerNode)
		i, err := strconv.ParseInt(strings.ReplaceAll(tokenValue(n), "_", ""), 10, 32)
		if !ok || err != nil {
			d.wrong(path, n, "found "+kind(n)+", expected a whole number", d.emptyCure(n, "write it in digits, without quotes"))
			return
		}
		v.SetInt(i)
	case reflect.Pointer: // nil where the file says nothing
		v.Set(reflect.New(v.Type().Elem()))
		d.scalar(path, n, v.Elem())
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.wrong(path, n, "found "+kind(n)+", expected true or false", d.emptyCure(n, "write true or false"))
			return
		}
		v.SetBool(b.Value)
	}
}

// quotable is the text of a scalar node.
func quotable(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return strings.TrimSuffix(n.Value.Value, "\n"), true
	}
	return "", false
}

// written is a scalar as it is written in the file.
func written(n ast.Node) (string, bool) {
	if s, ok := quotable(n); ok {
		return s, true
	}
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return tokenValue(n), true
	}
	return "", false
}

func tokenValue(n ast.Node) string {
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

// emptyCure is the given cure, or a likelier one for a missing value: that # has
// made it a comment.
func (d *Document) emptyCure(n ast.Node, cure string) string {
	if _, null := n.(*ast.NullNode); !null {
		return cure
	}
	if line := position(n).Line; line <= len(d.lines) {
		if hidden := commentedOut(d.lines[line-1]); hidden != "" {
			return hidden
		}
	}
	return "give it a value, or remove the key"
}

// kind is the kind of a node in words.
func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		s, _ := quotable(n)
		return "the text " + strconv.Quote(shown(s))
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + shown(tokenValue(n))
	case *ast.BoolNode:
		return tokenValue(n)
	case *ast.SequenceNode:
		return "a list"
	}
	return "keys with values"
}
