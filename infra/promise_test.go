package infra

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNothingOpensWithAKey(t *testing.T) {
	for _, tt := range []struct {
		kind string
		path []string
		want string
	}{
		{"Microsoft.Storage/storageAccounts", []string{"properties", "allowSharedKeyAccess"}, "false"},
		{"Microsoft.Storage/storageAccounts", []string{"properties", "allowBlobPublicAccess"}, "false"},
		{"Microsoft.Storage/storageAccounts", []string{"properties", "defaultToOAuthAuthentication"}, "true"},
		{"Microsoft.Storage/storageAccounts/blobServices/containers", []string{"properties", "publicAccess"}, "'None'"},
		{"Microsoft.ServiceBus/namespaces", []string{"properties", "disableLocalAuth"}, "true"},
		{"Microsoft.KeyVault/vaults", []string{"properties", "enableRbacAuthorization"}, "true"},
		{"Microsoft.KeyVault/vaults", []string{"properties", "enablePurgeProtection"}, "true"},
		{"Microsoft.Insights/components", []string{"properties", "DisableLocalAuth"}, "true"},
		{"Microsoft.OperationalInsights/workspaces", []string{"properties", "features", "disableLocalAuth"}, "true"},
		{"Microsoft.Web/sites", []string{"identity", "type"}, "'UserAssigned'"},
	} {
		hold(t, tt.kind, tt.want, tt.path...)
	}
	keys := regexp.MustCompile(`\.?list[A-Z]\w*\(|AccountKey|SharedAccessKey`)
	for file, text := range templates(t) {
		if found := keys.FindString(text); found != "" {
			t.Errorf("%s has %q", file, found)
		}
	}
}

func TestEverythingSpeaksTLS(t *testing.T) {
	hold(t, "Microsoft.Storage/storageAccounts", "'TLS1_2'", "properties", "minimumTlsVersion")
	hold(t, "Microsoft.Storage/storageAccounts", "true", "properties", "supportsHttpsTrafficOnly")
	hold(t, "Microsoft.ServiceBus/namespaces", "'1.2'", "properties", "minimumTlsVersion")
	hold(t, "Microsoft.Web/sites", "true", "properties", "httpsOnly")
	hold(t, "Microsoft.Web/sites", "'1.2'", "properties", "siteConfig", "minTlsVersion")
}

// hold checks a field of every resource of a kind.
func hold(t *testing.T, kind, want string, path ...string) {
	t.Helper()
	for _, d := range resources(t, kind) {
		if got := d.body.at(path...).text; got != want {
			t.Errorf("%s: %s of %s is %q, want %s", d.file, strings.Join(path, "."), d.name, got, want)
		}
	}
}

func TestTheAppIsACustomHandlerOnFlexConsumption(t *testing.T) {
	hold(t, "Microsoft.Web/serverfarms", "'FC1'", "sku", "name")
	hold(t, "Microsoft.Web/serverfarms", "true", "properties", "reserved")
	hold(t, "Microsoft.Web/sites", "'custom'", "properties", "functionAppConfig", "runtime", "name")
	hold(t, "Microsoft.Web/sites", "'1.0'", "properties", "functionAppConfig", "runtime", "version")
	hold(t, "Microsoft.Web/sites", "'UserAssignedIdentity'",
		"properties", "functionAppConfig", "deployment", "storage", "authentication", "type")
}

// What Flex Consumption refuses, in some regions only, or takes and ignores.
func TestNothingIsSetThatFlexConsumptionRefuses(t *testing.T) {
	for _, app := range resources(t, "Microsoft.Web/sites") {
		config := slices.Sorted(maps.Keys(app.body.at("properties", "siteConfig").fields))
		if !slices.Equal(config, []string{"minTlsVersion"}) {
			t.Errorf("siteConfig sets %q; only minTlsVersion is known to be taken everywhere", config)
		}
	}
	refused := []string{
		"FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_PROCESS_COUNT",
		"FUNCTIONS_MAX_HTTP_CONCURRENCY", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENTSHARE",
		"WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "WEBSITE_TIME_ZONE", "WEBSITE_VNET_ROUTE_ALL",
		"WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT", "WEBSITE_MOUNT_ENABLED", "SCM_DO_BUILD_DURING_DEPLOYMENT",
		"ENABLE_ORYX_BUILD", "TZ",
	}
	set := appSettings(t)
	for _, name := range refused {
		if _, there := set[name]; there {
			t.Errorf("the app setting %s is set", name)
		}
	}
	for file, text := range templates(t) {
		if strings.Contains(text, "basicPublishingCredentialsPolicies") {
			t.Errorf("%s speaks of publishing credentials, which Flex Consumption has none of", file)
		}
	}
}

// A function that fails is called again without a pause, so that ten
// deliveries, the default, are gone within a second.
func TestQueuesForgiveManyDeliveries(t *testing.T) {
	made := slices.Concat(
		resources(t, "Microsoft.ServiceBus/namespaces/queues"),
		resources(t, "Microsoft.ServiceBus/namespaces/topics/subscriptions"),
	)
	if len(made) != 3 {
		t.Errorf("%d queues and subscriptions are made, want 3", len(made))
	}
	for _, d := range made {
		if got := d.body.at("properties", "maxDeliveryCount").text; got != "maxDeliveryCount" {
			t.Errorf("%s has maxDeliveryCount %s", d.name, got)
		}
	}
	for _, d := range declarations(t) {
		if d.name == "maxDeliveryCount" && d.body.text != "100" {
			t.Errorf("maxDeliveryCount is %s, want 100", d.body.text)
		}
	}
}

// Topics of Rebus and MassTransit have a "/" in their names, which Resource
// Manager takes for a separator.
func TestNamesOfEntitiesMayHoldASlash(t *testing.T) {
	for _, d := range declarations(t) {
		name := d.body.at("name").text
		if strings.HasPrefix(d.kind, "Microsoft.ServiceBus/namespaces/") &&
			!strings.HasSuffix(d.kind, "/subscriptions") && !strings.HasSuffix(name, "'~')") {
			t.Errorf("%s: %s takes its name as it is: %s", d.file, d.name, name)
		}
	}
}

// Of two private endpoints that are made at once on one account, one fails.
func TestEndpointsAreMadeOneAfterTheOther(t *testing.T) {
	made := regexp.MustCompile(`(?ms)^module (\w+) 'modules/endpoint.bicep' .*?^}$`).FindAllStringSubmatch(templates(t)["main.bicep"], -1)
	if len(made) != 4 {
		t.Fatalf("%d endpoints are made, want 4", len(made))
	}
	for i := range made[1:] {
		if before, after := made[i][1], made[i+1]; !strings.Contains(after[0], "dependsOn: [\n    "+before+"\n") {
			t.Errorf("%s does not wait for %s", after[1], before)
		}
	}
}

// The table that the alert looks into may not be known when it is made.
func TestTheAlertCanBeMadeWithTheWorkspace(t *testing.T) {
	hold(t, "Microsoft.Insights/scheduledQueryRules", "true", "properties", "skipQueryValidation")
}

// A second Busbell in a namespace must not take the events of the first.
func TestSubscriptionsAreCalledLikeTheQueueTheyFeed(t *testing.T) {
	hold(t, "Microsoft.ServiceBus/namespaces/topics/subscriptions", "replace(take(eventsQueue, 50), '/', '-')", "name")
}
