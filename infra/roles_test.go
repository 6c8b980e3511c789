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
	}
	conditions = map[string]string{
		"":            "always",
		"everything":  "`sources` is `*`, or empty with a new namespace",
		"!everything": "`sources` names them",
		"properties":  "`properties`",
		"recovery":    "`recovery`",
	}
	// Of roles on a resource group, whose pipeline's identities have: where,
	// and who.
	groups = map[string]string{
		"":       "both groups",
		"whole":  "Busbell's resource group",
		"!whole": "that of the namespace, if it is another",
	}
	pipelines = map[string]string{
		"modules/deployer.bicep": "deploys from GitHub",
		"modules/planner.bicep":  "plans from GitHub",
	}
)

const assignment = "Microsoft.Authorization/roleAssignments"

// roleName follows the name of a role to its id, and to what people call it;
// a role of our own says its name itself.
func roleName(t *testing.T, name string) string {
	t.Helper()
	for _, d := range declarations(t) {
		switch {
		case d.name == name && d.kind == "":
			return builtIn[strings.Trim(d.body.text, "'")]
		case d.name == name && d.kind == "Microsoft.Authorization/roleDefinitions":
			own, _, _ := strings.Cut(d.body.at("properties", "roleName").text, " ${")
			return strings.Trim(own, "'")
		}
	}
	return ""
}

var definition = regexp.MustCompile(`^(?:subscriptionResourceId\('Microsoft.Authorization/roleDefinitions', (\w+)\)|(\w+)\.id)$`)

func TestRolesAreExactlyThoseOfTheTable(t *testing.T) {
	var given []string
	for _, d := range resources(t, assignment) {
		m := definition.FindStringSubmatch(d.body.at("properties", "roleDefinitionId").text)
		if m == nil {
			t.Errorf("%s: %s names its role some other way", d.file, d.name)
			continue
		}
		role, scope, when := roleName(t, m[1]+m[2]), scopes[d.body.at("scope").text], conditions[d.condition]
		if who, there := pipelines[d.file]; there {
			scope, when = groups[d.condition], who
		}
		if role == "" || scope == "" || when == "" {
			t.Errorf("%s: %s: role %q on %q if %q is not known here", d.file, d.name, role, scope, when)
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
		m := definition.FindStringSubmatch(d.body.at("properties", "roleDefinitionId").text)
		role := m[1]
		if m[2] != "" {
			role = "'" + roleName(t, m[2]) + "'"
		}
		on := d.body.at("scope").text
		if on == "" {
			on = "resourceGroup()"
		}
		if got, want := d.body.at("name").text, "guid("+on+".id, identityName, "+role+")"; got != want {
			t.Errorf("%s: %s is named %s, want %s", d.file, d.name, got, want)
		}
	}
}

// Nobody but the deployer may touch access: it gives the app, and nobody else,
// the roles that a group's templates give there, and takes only those back.
func TestTheDeployerMayGiveTheAppItsRolesOnly(t *testing.T) {
	const app = "11111111-2222-3333-4444-555555555555"
	got, _ := evaluate(t, "modules/deployer.bicep", expressionOf(t, "modules/deployer.bicep", "mayGive", "properties", "condition"),
		map[string]any{"roles": []any{"a", "b"}, "appPrincipalId": app})
	want := "((!(ActionMatches{'" + assignment + "/write'})) OR " +
		"(@Request[" + assignment + ":RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {a, b} AND " +
		"@Request[" + assignment + ":PrincipalId] ForAnyOfAnyValues:GuidEquals {" + app + "})) AND " +
		"((!(ActionMatches{'" + assignment + "/delete'})) OR " +
		"(@Resource[" + assignment + ":RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {a, b} AND " +
		"@Resource[" + assignment + ":PrincipalId] ForAnyOfAnyValues:GuidEquals {" + app + "}))"
	if got != want {
		t.Errorf("the condition is\n%s\nwant\n%s", got, want)
	}
	ours := map[string]any{}
	for _, m := range regexp.MustCompile(`(?m)^var (\w+) = `).FindAllStringSubmatch(templates(t)["modules/roles.bicep"], -1) {
		ours[m[1]] = m[1]
	}
	given := map[bool][]string{} // by whether they are given in the namespace's group
	for _, d := range resources(t, assignment) {
		if m := definition.FindStringSubmatch(d.body.at("properties", "roleDefinitionId").text); pipelines[d.file] == "" {
			bus := d.file == "modules/busroles.bicep"
			given[bus] = append(given[bus], m[1])
		}
	}
	for list, bus := range map[string]bool{"appRoles": false, "busRoles": true} {
		may, _ := evaluate(t, "pipeline.bicep", list, ours)
		slices.Sort(given[bus])
		if want := slices.Compact(given[bus]); !slices.Equal(texts(may), want) {
			t.Errorf("%s are %q, and the templates give %q", list, may, want)
		}
	}
}

// A pull request runs whatever its author writes: its identity is its own, and
// neither writes nor reads a key.
func TestAPlanMayChangeNothing(t *testing.T) {
	text := templates(t)["pipeline.bicep"]
	for name, environment := range map[string]string{"deployerTrust": "azure", "plannerTrust": "azure-plan"} {
		if got := expressionOf(t, "pipeline.bicep", name, "properties", "subject"); got != "'repo:${repository}:environment:"+environment+"'" {
			t.Errorf("%s trusts %s", name, got)
		}
	}
	if got := strings.Count(text, "\n  parent: deployer\n"); got != 1 {
		t.Errorf("the deployer trusts %d environments", got)
	}
	for _, d := range resources(t, "Microsoft.Authorization/roleDefinitions") {
		if d.file != "modules/planner.bicep" {
			continue
		}
		actions := regexp.MustCompile(`'[^']+'`).FindAllString(d.body.at("properties", "permissions").text, -1)
		want := []string{"'Microsoft.Resources/deployments/validate/action'", "'Microsoft.Resources/deployments/whatIf/action'"}
		if !slices.Equal(actions, want) {
			t.Errorf("a plan may %q, want %q", actions, want)
		}
	}
	deploy := workflows(t)[".github/workflows/deploy.yml"]
	plan, _, _ := strings.Cut(deploy, "\n  deploy:\n")
	if strings.Contains(plan, "vars.AZURE_CLIENT_ID") || !strings.Contains(plan, "client-id: ${{ vars.AZURE_PLAN_CLIENT_ID }}") {
		t.Error("the plan signs in as another")
	}
	if !strings.Contains(plan, "--validation-level ProviderNoRbac") {
		t.Error("the plan asks for more rights than to read")
	}
}

// Names of role assignments are made from the identity's: one that is called
// alike in two groups could be given a role in a third only once.
func TestIdentitiesAreCalledDifferentlyInEachGroup(t *testing.T) {
	for file, name := range map[string]string{"main.bicep": "token", "pipeline.bicep": "suffix"} {
		if !regexp.MustCompile(`(?m)^var ` + name + ` = .*uniqueString\(resourceGroup\(\)\.id`).MatchString(templates(t)[file]) {
			t.Errorf("%s: %s is the same in every group", file, name)
		}
	}
}
