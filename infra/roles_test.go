package infra

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The built-in roles by the names that people know, with their ids.
var builtIn = map[string]string{
	"b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
	"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
	"4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
	"69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
	"acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
	"4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
	"3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
	"b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
	"f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}

// What the table of docs/deploy.md calls scopes and conditions.
var (
	scopes = map[string]string{
		"storage":                 "the storage account",
		"vault":                   "the vault",
		"insights":                "Application Insights",
		"bus":                     "the namespace",
		"watchedQueue[at]":        "each queue of `sources`, and Busbell's two",
		"watchedSubscription[at]": "each subscription of `sources`",
		"":                        "the resource group",
	}
	conditions = map[string]string{
		"":            "always",
		"everything":  "`sources` is empty",
		"!everything": "`sources` is not empty",
		"properties":  "`properties`",
		"recovery":    "`recovery`",
	}
)

const assignment = "Microsoft.Authorization/roleAssignments"

// roleName follows the name of a role to its id, and to what people call it.
func roleName(t *testing.T, name string) string {
	t.Helper()
	for _, d := range declarations(t) {
		if d.name == name && d.kind == "" {
			return builtIn[strings.Trim(d.body.text, "'")]
		}
	}
	return ""
}

var definition = regexp.MustCompile(`^subscriptionResourceId\('Microsoft.Authorization/roleDefinitions', (\w+)\)$`)

func TestRolesAreExactlyThoseOfTheTable(t *testing.T) {
	var given []string
	for _, d := range resources(t, assignment) {
		m := definition.FindStringSubmatch(d.body.at("properties", "roleDefinitionId").text)
		if m == nil {
			t.Errorf("%s: %s names its role some other way", d.file, d.name)
			continue
		}
		role, scope, when := roleName(t, m[1]), scopes[d.body.at("scope").text], conditions[d.condition]
		if role == "" || scope == "" || when == "" {
			t.Errorf("%s: %s: role %q on %q if %q is not known here", d.file, d.name, role, scope, when)
		}
		if d.file == "modules/deployer.bicep" {
			when = "deploys from GitHub"
		}
		given = append(given, role+" | "+scope+" | "+when)
	}
	slices.Sort(given)
	text, err := fs.ReadFile(repository, "docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	_, table, _ := strings.Cut(string(text), "| role | on | if | why |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); len(cells) == 4 {
			documented = append(documented, strings.Join(cells[:3], " | "))
		}
	}
	slices.Sort(documented)
	if !slices.Equal(given, documented) {
		t.Errorf("the templates give\n  %s\nand docs/deploy.md says\n  %s",
			strings.Join(given, "\n  "), strings.Join(documented, "\n  "))
	}
}

func TestRolesAreForIdentitiesAndNamedForWhatTheyGive(t *testing.T) {
	for _, d := range resources(t, assignment) {
		if got := d.body.at("properties", "principalType").text; got != "'ServicePrincipal'" {
			t.Errorf("%s: %s is for %s; without its type a new identity may not be found yet", d.file, d.name, got)
		}
		role := definition.FindStringSubmatch(d.body.at("properties", "roleDefinitionId").text)[1]
		on := d.body.at("scope").text
		if on == "" {
			on = "resourceGroup()"
		}
		if got, want := d.body.at("name").text, "guid("+on+".id, identityName, "+role+")"; got != want {
			t.Errorf("%s: %s is named %s, want %s", d.file, d.name, got, want)
		}
	}
}

// Nobody but the deployer may touch access, and it may give only our roles.
func TestTheDeployerMayGiveOurRolesOnly(t *testing.T) {
	text := templates(t)["modules/deployer.bicep"]
	_, list, _ := strings.Cut(text, "var given = join([\n")
	list, _, _ = strings.Cut(list, "]")
	given := strings.Fields(list)
	var exported []string
	for _, m := range regexp.MustCompile(`(?m)^var (\w+) = `).FindAllStringSubmatch(templates(t)["modules/roles.bicep"], -1) {
		exported = append(exported, m[1])
	}
	slices.Sort(exported)
	slices.Sort(given)
	if !slices.Equal(given, exported) {
		t.Errorf("the deployer may give %q, want %q", given, exported)
	}
}

// Names of role assignments are made from the identity's: one that is called
// alike in two groups could be given a role in a third only once.
func TestIdentitiesAreCalledDifferentlyInEachGroup(t *testing.T) {
	for file, name := range map[string]string{"main.bicep": "token", "pipeline.bicep": "identityName"} {
		if !regexp.MustCompile(`(?m)^var ` + name + ` = .*uniqueString\(resourceGroup\(\)\.id`).MatchString(templates(t)[file]) {
			t.Errorf("%s: %s is the same in every group", file, name)
		}
	}
}
