package infra

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	parameter = regexp.MustCompile(`(?m)^param (\w+) [^=\n]+(?: = (.*))?$`)
	described = regexp.MustCompile(`(?m)^((?:@.*\n|  .*\n|}\)\n)*)(param|output) (\w+) `)
)

// parameters are those of a template by name, each with its default; "" is none.
func parameters(t *testing.T, file string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, m := range parameter.FindAllStringSubmatch(templates(t)[file], -1) {
		found[m[1]] = m[2]
	}
	if len(found) == 0 {
		t.Fatalf("%s has no parameters", file)
	}
	return found
}

func TestParametersAndOutputsAreDescribed(t *testing.T) {
	for file, text := range templates(t) {
		for _, m := range described.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1], "@description('") {
				t.Errorf("%s: %s %s has no description", file, m[2], m[3])
			}
			if strings.Contains(m[1], "@secure()") && m[2] == "output" {
				t.Errorf("%s: the output %s tells a secret", file, m[3])
			}
		}
	}
}

// Whoever deploys for a try gives nothing.
func TestEveryParameterHasADefault(t *testing.T) {
	for name, standard := range parameters(t, "main.bicep") {
		if standard == "" {
			t.Errorf("main.bicep: %s has none", name)
		}
	}
}

func TestTheExampleSetsParametersThatAreThere(t *testing.T) {
	known := parameters(t, "main.bicep")
	text, err := os.ReadFile("example.bicepparam")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:// )?param (\w+) = (.*)$`).FindAllStringSubmatch(string(text), -1) {
		if _, there := known[m[1]]; !there {
			t.Errorf("example.bicepparam sets %s, which main.bicep does not have", m[1])
		}
		for _, secret := range []string{"slackToken", "slackSigningSecret", "opsGenieKey", "pingUrl"} {
			if m[1] == secret && !strings.HasPrefix(m[2], "readEnvironmentVariable(") {
				t.Errorf("example.bicepparam shows how to write %s into a file", secret)
			}
		}
	}
}

func TestAzdSetsEveryParameterOfItsTemplate(t *testing.T) {
	text, err := os.ReadFile("azd.parameters.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Parameters map[string]struct{ Value string }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(file.Parameters))
	want := slices.Sorted(maps.Keys(parameters(t, "azd.bicep")))
	if !slices.Equal(got, want) {
		t.Errorf("azd.parameters.json sets %q, azd.bicep has %q", got, want)
	}
	for name, p := range file.Parameters {
		if !regexp.MustCompile(`^\$\{[A-Z_]+(=.*)?\}$`).MatchString(p.Value) {
			t.Errorf("azd.parameters.json: %s is %q, want one out of the environment", name, p.Value)
		}
	}
}

// What the formatter of the compiler breaks into lines; .ci/bicep compile asks
// it itself, where it is at hand.
func TestTemplatesAreWrittenAsTheFormatterWritesThem(t *testing.T) {
	broken := map[string]*regexp.Regexp{
		"a loop that begins in the line of its bracket":    regexp.MustCompile(`\[for .*\{$`),
		"a branch that opens in the line of its condition": regexp.MustCompile(`[^ ] +[?:] [\[{(]$`),
		"a choice of more than 120 columns":                regexp.MustCompile(`^.{117,}'? : .*$`),
		"an import of more than 120 columns":               regexp.MustCompile(`^import .{114,}$`),
		"a space at its end":                               regexp.MustCompile(` $`),
		"a tab":                                            regexp.MustCompile(`\t`),
	}
	for file, text := range templates(t) {
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") || strings.Contains(text, "\n\n\n") {
			t.Errorf("%s: an empty line too many, or no end of the last", file)
		}
		for number, line := range strings.Split(text, "\n") {
			for what, pattern := range broken {
				if pattern.MatchString(line) && !strings.Contains(line, "@description(") {
					t.Errorf("%s:%d: %s: %s", file, number+1, what, line)
				}
			}
		}
	}
}

func TestLinterRulesAreErrors(t *testing.T) {
	text, err := os.ReadFile("bicepconfig.json")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Analyzers struct {
			Core struct {
				Enabled bool
				Rules   map[string]struct{ Level string }
			}
		}
	}
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	if core := config.Analyzers.Core; !core.Enabled || len(core.Rules) < 30 {
		t.Errorf("the linter is enabled: %t, with %d rules", core.Enabled, len(core.Rules))
	}
	for rule, r := range config.Analyzers.Core.Rules {
		if r.Level != "error" {
			t.Errorf("%s is %q", rule, r.Level)
		}
	}
}
