package config

import (
	"fmt"
	"strings"
	"testing"
)

const (
	busKey    = "c2VjcmV0LWtleQ=="
	busString = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=busbell;SharedAccessKey=" + busKey
)

// env is an environment of pairs over one that is good; "NAME=" takes away.
func env(pairs ...string) func(string) string {
	all := map[string]string{"ServiceBus": busString, "SLACK_BOT_TOKEN": "xoxb-1-never-shown", "STATE_TABLE_ENDPOINT": "memory:"}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

func TestSettingsThatAreGood(t *testing.T) {
	for name, pairs := range map[string][]string{
		"the least":                        nil,
		"blanks around a value":            {"ServiceBus=  " + busString + "\n"},
		"an emulator":                      {"ServiceBus=Endpoint=sb://localhost:5672;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;"},
		"a shared access signature":        {"ServiceBus=Endpoint=sb://shop.servicebus.windows.net/;SharedAccessSignature=SharedAccessSignature sr=x&sig=y"},
		"a managed identity":               {"ServiceBus=", "ServiceBus__fullyQualifiedNamespace=shop.servicebus.windows.net", "ServiceBus__credential=managedidentity", "ServiceBus__clientId=11111111-2222"},
		"whatever identity there is":       {"ServiceBus=", "ServiceBus__fullyQualifiedNamespace=shop.servicebus.windows.net"},
		"Azurite":                          {"STATE_TABLE_ENDPOINT=", "AzureWebJobsStorage=UseDevelopmentStorage=true"},
		"a storage account by key":         {"STATE_TABLE_ENDPOINT=", "AzureWebJobsStorage=DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=YQ==;EndpointSuffix=core.windows.net"},
		"a storage account by identity":    {"STATE_TABLE_ENDPOINT=", "AzureWebJobsStorage__tableServiceUri=https://shop.table.core.windows.net", "AzureWebJobsStorage__credential=managedidentity", "WEBSITE_SITE_NAME=busbell"},
		"a ledger elsewhere":               {"STATE_TABLE_ENDPOINT=https://state.table.core.windows.net", "WEBSITE_SITE_NAME=busbell"},
		"no storage on a laptop":           {"STATE_TABLE_ENDPOINT="},
		"channels on this machine":         {"SLACK_API_URL=127.0.0.1:9700", "OPSGENIE_API_URL=http://localhost:9700/v2", "OPSGENIE_API_KEY=local"},
		"Jira Service Management":          {"OPSGENIE_API_URL=api.atlassian.com/jsm/ops/integration", "OPSGENIE_API_KEY=k"},
		"a dead-man service, and a reader": {"PING_URL=https://ping.example/x", "SERVICEBUS_RESOURCE_ID=/subscriptions/1/resourceGroups/shop/providers/Microsoft.ServiceBus/namespaces/shop"},
		"own queues and a schedule":        {"FEATURE_EVENTS_QUEUE=busbell-events", "RECOVERY_QUEUE=shop/recovery", "ERROR_QUEUE_SCHEDULE=0 */2 * * * *"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := FromEnv(env(pairs...))
			for _, p := range problems {
				if !p.Warning {
					t.Error(p)
				}
			}
		})
	}
}

func TestSettingsThatAreWrongSayWhereAndTheCure(t *testing.T) {
	const vault = "@Microsoft.KeyVault(SecretUri=https://never-shown.vault.azure.net/secrets/x)"
	for _, tt := range []struct{ name, pair, path, what string }{
		{"no bus", "ServiceBus=", "ServiceBus", "missing"},
		{"no connection string", "ServiceBus=never-shown", "ServiceBus", "not a connection string"},
		{"in quotes", `ServiceBus="Endpoint=sb://never-shown.example"`, "ServiceBus", "quotes"},
		{"no endpoint", "ServiceBus=SharedAccessKeyName=a;SharedAccessKey=never-shown", "ServiceBus", "no Endpoint"},
		{"another scheme", "ServiceBus=Endpoint=https://never-shown.example;SharedAccessKeyName=a;SharedAccessKey=b", "ServiceBus", "sb://"},
		{"no key", "ServiceBus=Endpoint=sb://never-shown.example", "ServiceBus", "no SharedAccessKeyName"},
		{"of one entity", "ServiceBus=Endpoint=sb://x.example;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=never-shown", "ServiceBus", "EntityPath"},
		{"an emulator in Azure", "ServiceBus=" + busString + ";UseDevelopmentEmulator=true", "ServiceBus", "emulator"},
		{"not resolved", "ServiceBus=" + vault, "ServiceBus", "Key Vault"},
		{"token not resolved", "SLACK_BOT_TOKEN=" + vault, "SLACK_BOT_TOKEN", "Key Vault"},
		{"secret not resolved", "SLACK_SIGNING_SECRET=" + vault, "SLACK_SIGNING_SECRET", "Key Vault"},
		{"key not resolved", "OPSGENIE_API_KEY=" + vault, "OPSGENIE_API_KEY", "Key Vault"},
		{"ping not resolved", "PING_URL=" + vault, "PING_URL", "Key Vault"},
		{"storage not resolved", "AzureWebJobsStorage=" + vault, "AzureWebJobsStorage", "Key Vault"},
		{"unknown credential", "ServiceBus__credential=manged", "ServiceBus__credential", "not known"},
		{"no token", "SLACK_BOT_TOKEN=", "SLACK_BOT_TOKEN", "missing"},
		{"two lines in a token", "SLACK_BOT_TOKEN=xoxb-never\nshown", "SLACK_BOT_TOKEN", "line break"},
		{"Slack in the clear", "SLACK_API_URL=http://slack.example/never-shown", "SLACK_API_URL", "in the clear"},
		{"a pager that is no URL", "OPSGENIE_API_URL=::never-shown", "OPSGENIE_API_URL", "not a URL"},
		{"a ping in the clear", "PING_URL=http://never-shown.example", "PING_URL", "https"},
		{"storage of another kind", "AzureWebJobsStorage=never-shown", "AzureWebJobsStorage", "connection string"},
		{"tables that are no URL", "AzureWebJobsStorage__tableServiceUri=never-shown", "AzureWebJobsStorage__tableServiceUri", "URL"},
		{"a ledger that is no URL", "STATE_TABLE_ENDPOINT=never-shown", "STATE_TABLE_ENDPOINT", "URL"},
		{"a resource of another kind", "SERVICEBUS_RESOURCE_ID=/subscriptions/1", "SERVICEBUS_RESOURCE_ID", "ARM id"},
		{"a queue with a URL", "FEATURE_EVENTS_QUEUE=sb://x/y", "FEATURE_EVENTS_QUEUE", "name of a queue"},
		{"a queue with a long name", "RECOVERY_QUEUE=" + strings.Repeat("q", 261), "RECOVERY_QUEUE", "name of a queue"},
		{"no schedule", "ERROR_QUEUE_SCHEDULE=often", "ERROR_QUEUE_SCHEDULE", "not a schedule"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := FromEnv(env(tt.pair))
			found := false
			for _, p := range problems {
				if strings.Contains(p.String(), "never-shown") {
					t.Errorf("shows the value: %s", p)
				}
				found = found || !p.Warning && p.Path == tt.path && strings.Contains(p.What, tt.what) && p.Cure != ""
			}
			if !found {
				t.Errorf("want %s: … %s …, got %v", tt.path, tt.what, problems)
			}
		})
	}
}

func TestAzureNeedsALedgerThatLasts(t *testing.T) {
	for _, pair := range []string{"STATE_TABLE_ENDPOINT=memory:", "STATE_TABLE_ENDPOINT="} {
		_, problems := FromEnv(env(pair, "WEBSITE_SITE_NAME=busbell"))
		if len(problems) != 1 || problems[0].Warning || problems[0].Cure == "" {
			t.Errorf("%s: %v", pair, problems)
		}
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	_, problems := FromEnv(func(name string) string {
		return map[string]string{"ServiceBus": "x", "SLACK_API_URL": "ftp://x", "PING_URL": "x", "STATE_TABLE_ENDPOINT": "memory:"}[name]
	})
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Path)
	}
	if got := fmt.Sprint(paths); got != "[ServiceBus SLACK_BOT_TOKEN SLACK_API_URL PING_URL]" {
		t.Errorf("problems with %s", got)
	}
}

func TestSettingsDoNotPrintTheirSecrets(t *testing.T) {
	s, _ := FromEnv(env("SLACK_SIGNING_SECRET=never-shown", "OPSGENIE_API_KEY=never-shown", "PING_URL=https://never-shown.example"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, s); strings.Contains(text, "never-shown") || strings.Contains(text, busKey) {
			t.Errorf("%s shows a secret: %s", verb, text)
		}
	}
}
