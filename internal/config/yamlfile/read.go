// Package yamlfile decodes a YAML file that people write into a struct. It reports
// all mistakes at once, each with its line, its column and a cure. It accepts plain
// YAML: no anchors, tags, merge keys or second documents.
package yamlfile

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/busbell/busbell/internal/setting"
)

// A Document is a YAML text that was decoded into a struct. It has the position of
// each value, so that later problems are reported with it too.
type Document struct {
	file   string
	lines  []string
	places map[string]place // by path, "watch.page[1].when"
	faults []Fault
	broken []string // paths at which the tree itself has a mistake
	odd    []string // paths of mappings with an unknown key
	read   bool
}

// A place has the positions of a key and its value.
type place struct {
	Position // of the key, or of a list item
	value    ast.Node
}

// Read decodes a YAML text into the struct that into points to. Fields are found by
// the key in their yaml tag; a type with UnmarshalText gets the text of its value.
// Decoding goes on after each fault, so that all are found at once. Faults use name
// as the name of the file.
func Read(name string, data []byte, into any) *Document {
	d := &Document{file: name, places: map[string]place{}}
	if root := d.parse(data); root != nil {
		d.read = true
		d.node("", root, reflect.ValueOf(into).Elem())
	}
	return d
}

// HasContent reports whether the text is a YAML document, also if it has mistakes.
func (d *Document) HasContent() bool { return d.read }

// Faults returns all mistakes, in the order of the text.
func (d *Document) Faults() []Fault {
	slices.SortStableFunc(d.faults, Fault.compare)
	return d.faults
}

// Keys yields the path and the position of each key and list item that was
// decoded.
func (d *Document) Keys() iter.Seq2[string, Position] {
	return func(yield func(string, Position) bool) {
		for path, p := range d.places {
			if !yield(path, p.Position) {
				return
			}
		}
	}
}

// ReportAt adds a problem at a position in the text.
func (d *Document) ReportAt(at Position, p setting.Problem) {
	d.faults = append(d.faults, Fault{d.file, at, p})
}

// wrong reports a problem of the node at a path.
func (d *Document) wrong(path string, n ast.Node, what, cure string) {
	d.broken = append(d.broken, path)
	d.ReportAt(position(n), setting.Problem{Path: path, What: what, Cure: cure})
}

// node decodes n into v.
func (d *Document) node(path string, n ast.Node, v reflect.Value) {
	if what, cure := unread(n); what != "" {
		d.wrong(path, n, what, cure)
		return
	}
	if t, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		d.text(path, n, t)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(path, n, v)
	case reflect.Slice:
		d.list(path, n, v)
	default:
		d.scalar(path, n, v)
	}
}

// unread reports parts of YAML that are not accepted.
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

func (d *Document) mapping(path string, n ast.Node, v reflect.Value) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.NullNode:
		return // the key has no value: it is unset
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.wrong(path, n, "found "+kind(n)+", expected keys with values", "write "+strings.Join(keys(v.Type()), ": …, ")+": …")
		return
	}
	seen := map[string]bool{}
	for _, value := range values {
		d.entry(path, value, v, seen)
	}
}

// entry decodes one key of a mapping and its value.
func (d *Document) entry(path string, n *ast.MappingValueNode, v reflect.Value, seen map[string]bool) {
	if n.Key == nil || n.Value == nil || n.Key.GetToken() == nil {
		return
	}
	if _, ok := n.Key.(*ast.MappingKeyNode); ok {
		d.wrong(under(path, "?"), n.Key, "? keys are not read", "write key: value")
		return
	}
	if _, ok := n.Key.(*ast.MergeKeyNode); ok {
		d.wrong(under(path, "<<"), n.Key, "merge keys are not read", "write the keys out")
		return
	}
	key := n.Key.GetToken().Value
	here := position(n.Key)
	path, parent := under(path, shown(key)), path
	field, ok := fieldOf(v, key)
	switch {
	case !ok:
		d.odd = append(d.odd, parent)
		d.ReportAt(here, setting.Problem{Path: path, What: "unknown key", Cure: setting.Suggest(shown(key), keys(v.Type()))})
		return
	case seen[key]:
		d.ReportAt(here, setting.Problem{Path: path, What: "the key stands here twice", Cure: "remove one of them"})
		return
	}
	seen[key] = true
	d.places[path] = place{here, n.Value}
	d.node(path, n.Value, field)
}

func (d *Document) list(path string, n ast.Node, v reflect.Value) {
	if _, null := n.(*ast.NullNode); null {
		return
	}
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		d.wrong(path, n, "found "+kind(n)+", expected a list", "begin each item with a dash, or write [a, b]")
		return
	}
	for i, item := range sequence.Values {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		if item == nil {
			continue
		}
		d.places[itemPath] = place{position(item), item}
		d.node(itemPath, item, v.Index(i))
	}
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shown is a key as it is in a path, cut.
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

// keys are the names of the fields of a struct in the file.
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

// keyOf is the key of a field, from its tag.
func keyOf(f reflect.StructField) string { return f.Tag.Get("yaml") }
