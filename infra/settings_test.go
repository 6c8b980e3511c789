package infra

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/config"
)

// appSettings are those of the app by name, each with its expression.
func appSettings(t *testing.T) map[string]string {
	t.Helper()
	set := map[string]string{}
	for _, d := range declarations(t) {
		if d.file == "modules/app.bicep" && strings.HasSuffix(strings.ToLower(d.name), "settings") && d.kind == "" {
			for name, v := range d.body.fields {
				set[name] = v.text
			}
		}
	}
	if len(set) < 10 {
		t.Fatalf("only %d app settings found", len(set))
	}
	return set
}

var reference = regexp.MustCompile(`%(\w+)%`)

func TestWhatFunctionsReferToIsSet(t *testing.T) {
	set := appSettings(t)
	files, err := fs.Glob(repository, "*/function.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no function.json: %v", err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reference.FindAllStringSubmatch(string(text), -1) {
			if set[m[1]] == "" {
				t.Errorf("%s refers to %s, which is not set", file, m[1])
			}
		}
		var function struct{ Bindings []struct{ Connection string } }
		if err := json.Unmarshal(text, &function); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, b := range function.Bindings {
			for _, part := range []string{"__fullyQualifiedNamespace", "__credential", "__clientId"} {
				if b.Connection != "" && set[b.Connection+part] == "" {
					t.Errorf("%s wants the connection %s, and %s is not set", file, b.Connection, b.Connection+part)
				}
			}
		}
	}
}

// What is set has a meaning, and what has one is set, or has a default.
func TestSettingsAreThoseOfTheDesign(t *testing.T) {
	design := designSettings(t)
	hosts := []string{"APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING", "AZURE_CLIENT_ID"}
	defaulted := []string{
		"AzureWebJobsStorage", "ServiceBus", // connection strings, for a laptop
		"BUSBELL_CONFIG", "FUNCTIONS_CUSTOMHANDLER_PORT", "SLACK_API_URL", "STATE_TABLE_ENDPOINT",
	}
	set := appSettings(t)
	for name := range set {
		known := slices.ContainsFunc(design, func(d string) bool {
			return name == d || strings.HasPrefix(name, d+"__")
		})
		if !known && !slices.Contains(hosts, name) {
			t.Errorf("%s is set, and neither the design nor the host knows it", name)
		}
	}
	for _, name := range design {
		if set[name] == "" && !slices.Contains(defaulted, name) {
			t.Errorf("%s is in the design, has no default, and is not set", name)
		}
	}
}

var (
	row  = regexp.MustCompile("(?m)^\\| (`[^|]+) \\|")
	code = regexp.MustCompile("`(_*[A-Za-z]\\w+)(?:=\\w+)?`")
)

// designSettings reads the table of settings; one that begins with __
// continues the one before it.
func designSettings(t *testing.T) []string {
	t.Helper()
	text, err := fs.ReadFile(repository, "docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Settings")
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for _, r := range row.FindAllStringSubmatch(section, -1) {
		stem := ""
		for _, m := range code.FindAllStringSubmatch(r[1], -1) {
			name := m[1]
			if strings.HasPrefix(name, "__") {
				name = stem + name
			}
			stem, _, _ = strings.Cut(name, "__")
			names = append(names, name)
		}
	}
	if len(names) < 12 {
		t.Fatalf("only %d settings found in the design: %q", len(names), names)
	}
	return names
}

// The handler reads what the template sets, without a word against it.
func TestTheHandlerTakesTheSettings(t *testing.T) {
	env := map[string]string{"WEBSITE_SITE_NAME": "func-busbell"}
	for name, expression := range appSettings(t) {
		env[name] = sample(name, expression)
	}
	_, problems := config.FromEnv(func(name string) string { return env[name] })
	for _, p := range problems {
		if !p.Warning {
			t.Error(p)
		}
	}
}

// sample is what an expression could come to.
func sample(name, expression string) string {
	known := map[string]string{
		"AzureWebJobsStorage__blobServiceUri":  "https://stbusbell.blob.example/",
		"AzureWebJobsStorage__tableServiceUri": "https://stbusbell.table.example/",
		"ERROR_QUEUE_SCHEDULE":                 "0 */2 * * * *",
		"OPSGENIE_API_URL":                     "api.opsgenie.com",
		"PING_URL":                             "https://ping.example/busbell",
		"SERVICEBUS_RESOURCE_ID":               "/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.ServiceBus/namespaces/sb-shop",
		"ServiceBus__fullyQualifiedNamespace":  "sb-shop.servicebus.example",
	}
	switch {
	case known[name] != "":
		return known[name]
	case strings.HasPrefix(expression, "'") && !strings.Contains(expression, "${"):
		return strings.Trim(expression, "'")
	}
	return "sample"
}

// What the deployment tells to put into Slack is where clicks are taken.
func TestClicksAreSentToTheFunctionThatTakesThem(t *testing.T) {
	text, err := fs.ReadFile(repository, "SlackActions/function.json")
	if err != nil {
		t.Fatal(err)
	}
	var function struct{ Bindings []struct{ Route string } }
	if err := json.Unmarshal(text, &function); err != nil {
		t.Fatal(err)
	}
	want := "output SLACK_REQUEST_URL string = 'https://${app.outputs.host}/api/" + function.Bindings[0].Route + "'\n"
	if !strings.Contains(templates(t)["main.bicep"], want) {
		t.Errorf("main.bicep does not say %s", want)
	}
}

// Secrets stand in the vault, and settings only refer to them.
func TestSecretsAreReferences(t *testing.T) {
	set := appSettings(t)
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "OPSGENIE_API_KEY", "PING_URL"} {
		if !strings.HasPrefix(set[name], "'@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secretNames.") {
			t.Errorf("%s is %s, want a reference to the vault", name, set[name])
		}
	}
	hold(t, "Microsoft.Web/sites", "identity.id", "properties", "keyVaultReferenceIdentity")
	for _, secret := range resources(t, "Microsoft.KeyVault/vaults/secrets") {
		given := secret.body.at("properties", "value").text
		if want := "!empty(" + given + ")"; secret.condition != want {
			t.Errorf("%s is written if (%s), want if (%s): one that is not given must stay as it is", secret.name, secret.condition, want)
		}
	}
}
