package config

import (
	"encoding"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/azfunc"
	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/triage"
)

// A documented is a row of a table in docs/configuration.md.
type documented struct {
	otherwise string // its second column, what holds without it
	notYet    bool
}

var (
	tableRow  = regexp.MustCompile("(?m)^\\| `([A-Za-z_.\\[\\]]+)`( \\*\\(not yet\\)\\*)? \\|([^|]*)\\|")
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
)

// readDocs returns docs/configuration.md before and after the settings.
func readDocs(t *testing.T) (file, settings string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	file, settings, ok := strings.Cut(string(text), "\n## Settings\n")
	if !ok {
		t.Fatal("no section Settings")
	}
	return file, settings
}

func rows(t *testing.T, text string) map[string]documented {
	t.Helper()
	all := map[string]documented{}
	for _, m := range tableRow.FindAllStringSubmatch(text, -1) {
		if _, twice := all[m[1]]; twice {
			t.Errorf("%s has two rows", m[1])
		}
		all[m[1]] = documented{otherwise: strings.TrimSpace(m[3]), notYet: m[2] != ""}
	}
	return all
}

// leaves are the paths of all keys that hold a value, "watch.page[].when".
func leaves(path string, typ reflect.Type) []string {
	switch {
	case reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
	case typ.Kind() == reflect.Slice:
		return leaves(path+"[]", typ.Elem())
	case typ.Kind() == reflect.Struct:
		var all []string
		for f := range typ.Fields() {
			all = append(all, leaves(strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), "."), f.Type)...)
		}
		return all
	}
	return []string{path}
}

func TestTheDocsHaveARowForEveryKey(t *testing.T) {
	file, _ := readDocs(t)
	file, _, _ = strings.Cut(file, "\n## Conditions and placeholders\n")
	documented := rows(t, file)
	want := leaves("", reflect.TypeFor[Config]())
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(documented)); !slices.Equal(got, want) {
		t.Errorf("docs/configuration.md has rows for\n%q, the keys are\n%q", got, want)
	}
	for path, row := range documented {
		plain := strings.ReplaceAll(path, "[]", "")
		if later := slices.ContainsFunc(notYet, func(key string) bool { return yamlfile.Within(plain, key) }); later != row.notYet {
			t.Errorf("%s: the docs say not yet: %v; the code: %v", path, row.notYet, later)
		}
	}
	for path, want := range map[string]string{
		"watch.remindAfter": triage.DefaultRemindAfter.String(),
		"features[].say":    feature.DefaultSay,
	} {
		if got := strings.Trim(documented[path].otherwise, "`"); got != want {
			t.Errorf("%s is %q without the key, say the docs; it is %q", path, got, want)
		}
	}
}

// Every key has an example, and the examples are right.
func TestTheExamplesInTheDocsAreRight(t *testing.T) {
	file, _ := readDocs(t)
	used := map[string]bool{}
	for _, m := range yamlBlock.FindAllStringSubmatch(file, -1) {
		var c Config
		d := yamlfile.Read("configuration.md", []byte(m[1]), &c)
		if !d.HasContent() {
			t.Fatal(d.Faults(), m[1])
		}
		for _, p := range c.Validate() {
			if p.Path != "environment" && p.Path != "watch.sources" && p.Path != "watch.slack.channel" { // the rest of the file
				d.Report(p)
			}
		}
		for _, f := range d.Faults() {
			t.Errorf("%s\nin\n%s", f, m[1])
		}
		for path := range d.Keys() {
			path = index.ReplaceAllString(path, "[]")
			used[path], used[path+"[]"] = true, true
		}
	}
	for _, path := range leaves("", reflect.TypeFor[Config]()) {
		if !used[path] {
			t.Errorf("%s has no example", path)
		}
	}
}

func TestTheDocsHaveARowForEverySetting(t *testing.T) {
	asked := map[string]bool{}
	for _, values := range []map[string]string{
		{"ServiceBus": busString, "AzureWebJobsStorage": "UseDevelopmentStorage=true"},
		{"ServiceBus__fullyQualifiedNamespace": "shop.servicebus.windows.net", "STATE_TABLE_ENDPOINT": "https://state.table.core.windows.net"},
		{"WEBSITE_SITE_NAME": "busbell"},
	} {
		getenv := func(name string) string {
			asked[name] = true
			return values[name]
		}
		Load(getenv)
		if l, err := azfunc.Listen(getenv); err == nil {
			_ = l.Close()
		}
	}
	_, settings := readDocs(t)
	documented := rows(t, settings)
	if got, want := slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(asked)); !slices.Equal(got, want) {
		t.Errorf("docs/configuration.md has rows for\n%q, settings are\n%q", got, want)
	}
}
