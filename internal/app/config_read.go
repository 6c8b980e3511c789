package app

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/busbell/busbell/internal/setting"
)

// A reader carries the YAML tree into structs: a field is found by the key in
// its tag, a text that a type reads by itself goes to its UnmarshalText. It goes on after each fault, so that all
// are found at once, and remembers where each value stood.
type reader struct {
	file   string
	lines  []string
	places map[string]place // by path, "watch.page[1].when"
	faults []Fault
	broken []string // paths at which the tree itself is at fault
	odd    []string // paths of mappings with an unknown key
}

// A place is where a key and its value stand.
type place struct {
	line, column int // of the key, or of a list's item
	value        ast.Node
}

func (r *reader) fault(line, column int, p setting.Problem) {
	r.faults = append(r.faults, Fault{File: r.file, Line: line, Column: column, Problem: p})
}

// wrong reports what is wrong with the node at a path.
func (r *reader) wrong(path string, n ast.Node, what, cure string) {
	line, column := at(n)
	r.broken = append(r.broken, path)
	r.fault(line, column, setting.Problem{Path: path, What: what, Cure: cure})
}

// read reads the whole tree.
func (r *reader) read(into *Config, root ast.Node) {
	r.node("", root, reflect.ValueOf(into).Elem())
}

// node reads n into v.
func (r *reader) node(path string, n ast.Node, v reflect.Value) {
	if what, cure := unread(n); what != "" {
		r.wrong(path, n, what, cure)
		return
	}
	if t, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		r.text(path, n, t)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.mapping(path, n, v)
	case reflect.Slice:
		r.list(path, n, v)
	default:
		r.scalar(path, n, v)
	}
}

// unread says what we do not read of YAML.
func unread(n ast.Node) (what, cure string) {
	switch n.(type) {
	case *ast.AliasNode:
		return "aliases are not read", "a value that begins with * stands in quotes"
	case *ast.AnchorNode:
		return "anchors are not read", "a value that begins with & stands in quotes"
	case *ast.TagNode:
		return "tags are not read", "a value that begins with ! stands in quotes"
	}
	return "", ""
}

func (r *reader) mapping(path string, n ast.Node, v reflect.Value) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.NullNode:
		return // nothing under the key: nothing said
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.wrong(path, n, "found "+kind(n)+", expected keys with values", "write "+strings.Join(keys(v.Type()), ": …, ")+": …")
		return
	}
	seen := map[string]bool{}
	for _, value := range values {
		r.entry(path, value, v, seen)
	}
}

// entry reads one key of a mapping and its value.
func (r *reader) entry(path string, n *ast.MappingValueNode, v reflect.Value, seen map[string]bool) {
	if n.Key == nil || n.Value == nil || n.Key.GetToken() == nil {
		return
	}
	if _, ok := n.Key.(*ast.MappingKeyNode); ok {
		r.wrong(under(path, "?"), n.Key, "? keys are not read", "write key: value")
		return
	}
	if _, ok := n.Key.(*ast.MergeKeyNode); ok {
		r.wrong(under(path, "<<"), n.Key, "merge keys are not read", "write the keys out")
		return
	}
	key := n.Key.GetToken().Value
	line, column := at(n.Key)
	path, parent := under(path, shown(key)), path
	field, ok := fieldOf(v, key)
	switch {
	case !ok:
		r.odd = append(r.odd, parent)
		r.fault(line, column, setting.Problem{Path: path, What: "unknown key", Cure: setting.Suggest(shown(key), keys(v.Type()))})
		return
	case seen[key]:
		r.fault(line, column, setting.Problem{Path: path, What: "the key stands here twice", Cure: "remove one of them"})
		return
	}
	seen[key] = true
	r.places[path] = place{line, column, n.Value}
	r.node(path, n.Value, field)
}

func (r *reader) list(path string, n ast.Node, v reflect.Value) {
	if _, null := n.(*ast.NullNode); null {
		return
	}
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrong(path, n, "found "+kind(n)+", expected a list", "begin each item with a dash, or write [a, b]")
		return
	}
	for i, item := range sequence.Values {
		here := fmt.Sprintf("%s[%d]", path, i)
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		if item == nil {
			continue
		}
		line, column := at(item)
		r.places[here] = place{line, column, item}
		r.node(here, item, v.Index(i))
	}
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shown is a key as a path shows it, cut short.
func shown(key string) string {
	if r := []rune(key); len(r) > 40 {
		key = string(r[:40]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, key)
}

// keys are the names that a struct's fields have in the file.
func keys(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		names = append(names, keyOf(f))
	}
	return names
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if keyOf(v.Type().Field(i)) == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// keyOf is the key of a field: renaming the field does not change it.
func keyOf(f reflect.StructField) string { return f.Tag.Get("yaml") }
