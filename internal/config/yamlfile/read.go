// Package yamlfile reads a YAML file that people write into a struct, and says
// everything that is wrong with it at once, each fault with its line, its
// column and what to do. It reads the plain part of YAML: no anchors, tags,
// merge keys or second documents.
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

// A Document is a YAML text that was read into a struct. It remembers where
// each value stands, so that what is found later is reported there as well.
type Document struct {
	file   string
	lines  []string
	places map[string]place // by path, "watch.page[1].when"
	faults []Fault
	broken []string // paths at which the tree itself is at fault
	odd    []string // paths of mappings with an unknown key
	read   bool
}

// A place is where a key and its value stand.
type place struct {
	Position // of the key, or of a list's item
	value    ast.Node
}

// Read reads a YAML text into the struct that into points to. A field is found
// by the key in its yaml tag; a type with an UnmarshalText gets the text of its
// value. Reading goes on after each fault, so that all are found at once; they
// call the text by name.
func Read(name string, data []byte, into any) *Document {
	d := &Document{file: name, places: map[string]place{}}
	if root := d.parse(data); root != nil {
		d.read = true
		d.node("", root, reflect.ValueOf(into).Elem())
	}
	return d
}

// HasContent reports whether the text was a YAML document, whatever is wrong
// in it.
func (d *Document) HasContent() bool { return d.read }

// Faults returns what is wrong, in the order of the text.
func (d *Document) Faults() []Fault {
	slices.SortStableFunc(d.faults, Fault.compare)
	return d.faults
}

// Keys yields the path of each key and list item that was read, and its line
// and column.
func (d *Document) Keys() iter.Seq2[string, Position] {
	return func(yield func(string, Position) bool) {
		for path, p := range d.places {
			if !yield(path, p.Position) {
				return
			}
		}
	}
}

// ReportAt adds a problem at a place of the text.
func (d *Document) ReportAt(at Position, p setting.Problem) {
	d.faults = append(d.faults, Fault{d.file, at, p})
}

// wrong reports what is wrong with the node at a path.
func (d *Document) wrong(path string, n ast.Node, what, cure string) {
	d.broken = append(d.broken, path)
	d.ReportAt(position(n), setting.Problem{Path: path, What: what, Cure: cure})
}

// node reads n into v.
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

func (d *Document) mapping(path string, n ast.Node, v reflect.Value) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.NullNode:
		return // nothing under the key: nothing said
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

// entry reads one key of a mapping and its value.
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
