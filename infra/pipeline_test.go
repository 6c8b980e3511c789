package infra

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// workflows returns the texts of all workflows by their path.
func workflows(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(repository, ".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := fs.ReadFile(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		found[file] = string(text)
	}
	return found
}

// A tag can be moved to other code by whoever owns the action; a hash cannot.
func TestActionsArePinnedByHash(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for file, text := range workflows(t) {
		for _, m := range regexp.MustCompile(`uses: (.*)`).FindAllStringSubmatch(text, -1) {
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s uses %s", file, m[1])
			}
		}
	}
}

func TestWorkflowsHoldNoSecretAndNoMoreRightsThanNeeded(t *testing.T) {
	for file, text := range workflows(t) {
		if strings.Contains(text, "secrets.") {
			t.Errorf("%s wants a secret; the vault has them, and sign-in is by OIDC", file)
		}
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") {
			t.Errorf("%s begins with more rights than to read", file)
		}
		if strings.Count(text, "actions/checkout@") != strings.Count(text, "persist-credentials: false") {
			t.Errorf("%s leaves its token lying in the checkout", file)
		}
	}
}

// A step fails where its command does, also in front of a pipe.
func TestWorkflowsWithPipesFailWithThem(t *testing.T) {
	for file, text := range workflows(t) {
		if regexp.MustCompile(`(?m)^ .* \| (tee|jq) `).MatchString(text) && !strings.Contains(text, "\ndefaults:\n  run:\n    shell: bash") {
			t.Errorf("%s has pipes, and a shell that looks at their last part only", file)
		}
	}
}

// Azure writes the names of outputs as azurE_…, whatever a template says.
func TestOutputsAreReadInWhateverCase(t *testing.T) {
	for file, text := range workflows(t) {
		if strings.Contains(text, "properties.outputs.") {
			t.Errorf("%s reads an output by a name that Azure writes otherwise", file)
		}
	}
}

// azd finds the app by its tag, and publishes a zip that we have packed: a
// folder would lose the executable bit on Windows, and "go" as the language
// means another kind of function app.
func TestAzdFindsTemplatePackageAndApp(t *testing.T) {
	text, err := fs.ReadFile(repository, "azure.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type service struct{ Host, Language, Dist string }
	var file struct {
		Infra    struct{ Path, Module string }
		Services map[string]service
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(repository, file.Infra.Path+"/"+file.Infra.Module+".bicep"); err != nil {
		t.Error(err)
	}
	app := resources(t, "Microsoft.Web/sites")[0]
	if len(file.Services) != 1 {
		t.Errorf("%d services", len(file.Services))
	}
	for name, s := range file.Services {
		if s != (service{"function", "custom", "dist.zip"}) {
			t.Errorf("%s is %+v", name, s)
		}
		if tags := app.body.at("tags").text; !strings.Contains(tags, "'azd-service-name': '"+name+"'") {
			t.Errorf("the app's tags are %s, and do not name %s", tags, name)
		}
	}
}

// The alert on our own silence listens for a function that is there.
func TestSilenceIsThatOfAFunction(t *testing.T) {
	m := regexp.MustCompile(`Name == "(\w+)"`).FindStringSubmatch(templates(t)["modules/alert.bicep"])
	if m == nil {
		t.Fatal("the alert listens for no function")
	}
	if _, err := fs.Stat(repository, m[1]+"/function.json"); err != nil {
		t.Error(err)
	}
}
