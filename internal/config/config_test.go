package config

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/setting"
)

var update = flag.Bool("update", false, "write what is said into the golden files")

// lines are the faults as a person reads them.
func lines(faults []yamlfile.Fault) string {
	var b strings.Builder
	for _, f := range faults {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

// TestEverythingWrongIsSaidAtOnce reads files with many faults and compares
// every line that is said about them.
func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, faults := Parse("busbell.yaml", data)
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(lines(faults)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), lines(faults)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestTheShippedFileIsClean(t *testing.T) {
	c, faults := LoadFile("../../busbell.yaml")
	if len(faults) > 0 {
		t.Error(lines(faults))
	}
	if len(c.Watch.Sources) == 0 || len(c.Features) == 0 || c.Environment != "demo" {
		t.Errorf("it says too little: %+v", c)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, faults := Parse("busbell.yaml", data)
	if len(faults) != 1 || !faults[0].Warning {
		t.Error(lines(faults))
	}
	for _, empty := range unset("", reflect.ValueOf(c), nil) {
		switch empty {
		case ".Watch.Sources[].TransferDeadLetter", ".Watch.Routes[].Also", ".Watch.Routes[].Slack.Mention", ".Features[].Slack.Mention", ".Watch.Links[].When", ".Features[].For", ".Features[].Per":
		default:
			t.Errorf("%s was not read", empty)
		}
	}
	if c.Watch.Quiet.Zone.String() != "Europe/Rome" || c.Features[1].Duplicates.Within.Std() != 24*time.Hour || c.Features[1].StartAt != 12840 {
		t.Errorf("read wrongly: %+v", c)
	}
}

// unset lists the fields that have their zero value in every item of a list.
func unset(path string, v reflect.Value, empty []string) []string {
	switch {
	case v.Type().PkgPath() == reflect.TypeFor[setting.Zone]().PkgPath() && v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[setting.Slack]():
		if v.IsZero() {
			empty = append(empty, path)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			empty = unset(path+"."+v.Type().Field(i).Name, v.Field(i), empty)
		}
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct && v.Type() != reflect.TypeFor[setting.Windows]():
		var common map[string]int
		for i := range v.Len() {
			if common == nil {
				common = map[string]int{}
			}
			for _, p := range unset(path+"[]", v.Index(i), nil) {
				common[p]++
			}
		}
		for p, n := range common {
			if n == v.Len() {
				empty = append(empty, p)
			}
		}
	case v.IsZero():
		empty = append(empty, path)
	}
	return empty
}

func TestSilenceOfTheFileMeansTheDefault(t *testing.T) {
	const least = "environment: test\nwatch:\n  sources: [{queue: error}]\n  slack: {channel: \"#x\"}\n"
	c, faults := Parse("busbell.yaml", []byte(least))
	if len(faults) > 0 || c.Watch.RemindAfter.Std() != 4*time.Hour {
		t.Errorf("remind after %v, faults %v", c.Watch.RemindAfter, faults)
	}
	c, _ = Parse("busbell.yaml", []byte(least+"  remindAfter: 0\n"))
	if c.Watch.RemindAfter != 0 {
		t.Errorf("remindAfter: 0 = %v", c.Watch.RemindAfter)
	}
}

func TestAFileThatIsNotThereIsNamed(t *testing.T) {
	_, faults := LoadFile(filepath.Join(t.TempDir(), "busbell.yaml"))
	if len(faults) != 1 || !strings.HasSuffix(faults[0].String(), "busbell.yaml: there is no such file; create it, or set BUSBELL_CONFIG to its path") {
		t.Error(lines(faults))
	}
}

func TestWhatIsNoYAMLIsOneFault(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "busbell.yaml:1:1: the file is empty; write environment, watch and features into it"},
		{"only comments", "# nothing\n", "busbell.yaml:1:1: the file is empty; write environment, watch and features into it"},
		{"tab", "watch:\n\tslack: x\n", "busbell.yaml:2:1: not YAML: found character '\t' that cannot start any token; indent with spaces, not with tabs"},
		{"two values", "environment: a: b\n", `busbell.yaml:1:14: not YAML: mapping value is not allowed in this context; a value with ": " in it stands in quotes`},
		{"open quote", "environment: 'a\n", "busbell.yaml:1:14: not YAML: could not find end character of single-quoted text; close the quotes"},
		{"open bracket", "watch: {sources: [\n", "busbell.yaml:1:18: not YAML: sequence end token ']' not found; close the bracket"},
		{"reserved", "environment: @prod\n", "busbell.yaml:1:14: not YAML: '@' is a reserved character; a value that begins with it stands in quotes"},
		{"comment in brackets", "watch: {slack: {channel: #bus-errors}}\n", `busbell.yaml:1:24: not YAML: could not find map value; # begins a comment: write "#bus-errors", in quotes`},
		{
			"comment that hides a bracket", "watch:\n  slack: {channel: #bus-errors}\n  page: []\nprivacy: {show: [A]}\n",
			`busbell.yaml:2:20: not YAML: ',' or '}' must be specified; # begins a comment: write "#bus-errors", in quotes`,
		},
		{"star in brackets", "watch: {sources: [{queue: *, deadLetter: true}]}\n", `busbell.yaml:1:28: not YAML: unexpected scalar value type; a value that begins with * stands in quotes`},
		{"placeholder in front", "features:\n  - {name: x, say: {event.Name} came}\n", `busbell.yaml:2:33: not YAML: ',' or '}' must be specified; a value that begins with { stands in quotes`},
		{"backslash", "environment: \"a\\qb\"\n", `busbell.yaml:1:17: not YAML: found unknown escape character 'q'; in "…" a backslash is written \\; in '…' it stands for itself`},
		{"two documents", "environment: a\n---\nwatch:\n", "busbell.yaml:3:1: a second document begins; remove the line --- before it: the file holds one"},
		{"directive", "%YAML 1.1\n---\nenvironment: a\n", "busbell.yaml:1:1: directives are not read; remove the line"},
		{"a list", "- queue: error\n", "busbell.yaml:1:1: found a list, expected keys with values; write environment: …, message: …, watch: …, privacy: …, recovery: …, features: …"},
		{"a text", "hello\n", `busbell.yaml:1:1: found the text "hello", expected keys with values; write environment: …, message: …, watch: …, privacy: …, recovery: …, features: …`},
		{"not UTF-8", "environment: \xff\n", "busbell.yaml:1:1: the file is not UTF-8 text; save it as UTF-8"},
		{"zero byte", "environment: \x00\n", "busbell.yaml:1:1: the file is not UTF-8 text; save it as UTF-8"},
		{"too large", strings.Repeat("# x\n", 70_000), "busbell.yaml:1:1: the file has 280000 bytes; at most 262144 are read"},
		{"deep brackets", "a: " + strings.Repeat("[", 100_000), "busbell.yaml:1:1: nested too deeply; the file has no more than a few levels"},
		{"deep braces", strings.Repeat("{\n", 100_000), "busbell.yaml:1001:1: nested too deeply; the file has no more than a few levels"},
		{"deep dashes", strings.Repeat("- ", 100_000), "busbell.yaml:1:1: nested too deeply; the file has no more than a few levels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := Parse("busbell.yaml", []byte(tt.text))
			if got := strings.TrimSuffix(lines(faults), "\n"); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(files, "../../busbell.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{"a: &x [*x]\n<<: *x", "? [a]\n: b", "watch: !!map {page: !x [~]}", "environment: |2-\n   x", "watch:\n  page:\n  - when: \"\\u00e9 \\\n    == x\"", "\ufeffenvironment: x\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, faults := Parse("busbell.yaml", data)
		last := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > last+1 || fault.Column < 1 || fault.What == "" {
				t.Errorf("%d:%d %+v", fault.Line, fault.Column, fault.Problem)
			}
		}
	})
}

func TestNamesHaveALength(t *testing.T) {
	n := func(i int) string { return strings.Repeat("n", i) }
	file := func(longer int) string {
		return "environment: " + n(40+longer) + "\nwatch:\n  sources:\n  - queue: " + n(260+longer) +
			"\n  - {topic: " + n(260+longer) + ", subscription: " + n(50+longer) + ", deadLetter: true}" +
			"\n  slack: {channel: \"#" + n(80+longer) + "\"}\nprivacy:\n  mask: [{name: " + n(40+longer) + ", pattern: x+}]\n"
	}
	if _, faults := Parse("busbell.yaml", []byte(file(0))); len(faults) > 0 {
		t.Errorf("as long as may be:\n%s", lines(faults))
	}
	if _, faults := Parse("busbell.yaml", []byte(file(1))); len(faults) != 6 {
		t.Errorf("longer by one, want 6 faults:\n%s", lines(faults))
	}
}
