package config

import (
	"encoding"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/busbell/busbell/internal/triage"
)

const schemaFile = "../../busbell.schema.json"

// A node is a part of the schema.
type node = map[string]any

// readSchema reads busbell.schema.json.
func readSchema(t *testing.T) node {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema node
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// Editors know the keys that are read, and no others.
func TestTheSchemaHasTheKeysOfTheConfig(t *testing.T) {
	schema := readSchema(t)
	hold(t, schema, schema, "", reflect.TypeFor[Config]())
}

// hold compares a part of the schema with the type that is read there.
func hold(t *testing.T, schema, part node, path string, typ reflect.Type) {
	t.Helper()
	part = follow(schema, part)
	if path != "" && !strings.HasSuffix(path, "[]") && part["description"] == nil && part["enum"] == nil && part["anyOf"] == nil && part["properties"] == nil {
		t.Errorf("%s: no description", path)
	}
	kind, _ := part["type"].(string)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		if kind != "string" && part["anyOf"] == nil {
			t.Errorf("%s: %q in the schema, a text in the file", path, kind)
		}
	case typ.Kind() == reflect.Struct:
		holdStruct(t, schema, part, path, typ)
	case typ.Kind() == reflect.Slice:
		items, _ := part["items"].(node)
		if kind != "array" || items == nil {
			t.Errorf("%s: %q in the schema, a list in the file", path, kind)
			return
		}
		hold(t, schema, items, path+"[]", typ.Elem())
	default:
		want := map[reflect.Kind]string{reflect.String: "string", reflect.Int: "integer", reflect.Bool: "boolean"}[typ.Kind()]
		if kind != want && (part["enum"] == nil || want != "string") {
			t.Errorf("%s: %q in the schema, %s in the file", path, kind, want)
		}
	}
}

func holdStruct(t *testing.T, schema, part node, path string, typ reflect.Type) {
	t.Helper()
	properties, _ := part["properties"].(node)
	if part["additionalProperties"] != false {
		t.Errorf("%s: unknown keys pass", path)
	}
	if got, want := slices.Sorted(maps.Keys(properties)), keys(typ); !slices.Equal(got, want) {
		t.Errorf("%s: keys %q in the schema, %q in the file", path, got, want)
		return
	}
	for f := range typ.Fields() {
		key := f.Tag.Get("yaml")
		hold(t, schema, properties[key].(node), strings.TrimPrefix(path+"."+key, "."), f.Type)
	}
}

// keys are the keys of a struct's fields, in order.
func keys(typ reflect.Type) []string {
	var all []string
	for f := range typ.Fields() {
		all = append(all, f.Tag.Get("yaml"))
	}
	slices.Sort(all)
	return all
}

// follow puts what a $ref leads to under what stands beside it.
func follow(schema, part node) node {
	ref, ok := part["$ref"].(string)
	if !ok {
		return part
	}
	definitions := schema["$defs"].(node)
	whole := maps.Clone(follow(schema, definitions[strings.TrimPrefix(ref, "#/$defs/")].(node)))
	maps.Copy(whole, part)
	return whole
}

func TestTheSchemaSaysTheDefaultsThatHold(t *testing.T) {
	schema := readSchema(t)
	watch := follow(schema, schema["properties"].(node)["watch"].(node))
	if got := watch["properties"].(node)["remindAfter"].(node)["default"]; got != triage.DefaultRemindAfter.String() {
		t.Errorf("remindAfter is %v by default in the schema, and %s", got, triage.DefaultRemindAfter)
	}
}

// What the handler takes an editor takes, and a mistake is seen by both.
func TestTheSchemaFitsTheFiles(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for file, good := range map[string]bool{
		"../../busbell.yaml": true, "../../docs/example/busbell.yaml": true,
		"testdata/full.yaml": true, "testdata/wrong.yaml": false,
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data = []byte(strings.ReplaceAll(string(data), ": *", ": ")) // an alias to nothing
		if err := schema.Validate(plain(t, data)); (err == nil) != good {
			t.Errorf("%s: %v", file, err)
		}
	}
	for line, good := range map[string]bool{
		"remindAfter: 0":          true,
		"remindAfter: 4":          false,
		"remindAfter: 4 hours":    false,
		"remindAfter: 1d12h30.5s": true,
		"remindAfter: 90s":        true,
		`sources: [{queue: a, deadLetter: true, transferDeadLetter: true}]`:  false,
		`sources: [{queue: a, deadLetter: true, transferDeadLetter: false}]`: true,
		`sources: [{queue: "*_error"}]`:                                      true,
		"sources: [{topic: a, subscription: b}]":                             false,
		"sources: [{topic: a, subscription: b, deadLetter: true}]":           true,
		"sources: [{queue: a, topic: b, subscription: c}]":                   false,
		"remindafter: 4h":                                           false,
		"page: [{when: 'true', priority: P6}]":                      false,
		"ignore: [{when: 'true', until: 2026-12-31}]":               true,
		"ignore: [{when: 'true', until: soon}]":                     false,
		`links: [{text: Trace, url: "{failure.traceId}/trace"}]`:    false,
		`routes: [{when: "true", slack: {mention: "<!here>"}}]`:     false,
		`frames: {own: "Shop."}`:                                    false,
		`quiet: {outside: "Mon-Fri 08:00-20:00", zone: Eurpe/Rome}`: true, // a list of zones is no matter of shape
	} {
		file := "environment: production\nwatch:\n  slack: {channel: '#bus-errors'}\n  " + line
		if err := schema.Validate(plain(t, []byte(file))); (err == nil) != good {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// plain is a YAML file as an editor's checker sees it.
func plain(t *testing.T, data []byte) any {
	t.Helper()
	var tree any
	if err := yaml.UnmarshalWithOptions(data, &tree, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
