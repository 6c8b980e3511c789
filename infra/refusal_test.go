package infra

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// with adds one value to those that are given.
func with(given map[string]any, name string, v any) map[string]any {
	all := map[string]any{name: v}
	maps.Copy(all, given)
	return all
}

// What would fail half-way through a deployment, or be granted unasked, is
// refused before anything is made.
func TestWhatFailsLateIsRefusedAtOnce(t *testing.T) {
	shop := map[string]any{"serviceBusNamespace": "sb-shop", "sources": anys([]string{"error"})}
	for _, tt := range []struct {
		name  string
		given map[string]any
		says  string // "": it is taken
	}{
		{"nothing is given", nil, ""},
		{"a namespace and what to watch in it", shop, ""},
		{"a name with a hyphen", map[string]any{"name": "shop-two"}, ""},
		{"a name in capitals", map[string]any{"name": "Shop"}, ""},
		{"a name that ends with a hyphen", map[string]any{"name": "a-"}, `name is "a-"`},
		{"a name that begins with one", map[string]any{"name": "-a"}, `name is "-a"`},
		{"a name with two hyphens", map[string]any{"name": "a--b"}, `name is "a--b"`},
		{"a name with a dot", map[string]any{"name": "shop.two"}, `name is "shop.two"`},
		{"a name with a space", map[string]any{"name": "a b"}, `name is "a b"`},
		{"one queue for both", map[string]any{"recoveryQueue": "Busbell-Events"}, "name two queues"},
		{"a namespace and nothing to watch", map[string]any{"serviceBusNamespace": "sb-shop"}, "sources is empty"},
		{"that, with roles by somebody else", map[string]any{"serviceBusNamespace": "sb-shop", "assignServiceBusRoles": false}, ""},
		{"the whole of a namespace", map[string]any{"serviceBusNamespace": "sb-shop", "sources": []any{"*"}}, ""},
		{"a pattern", map[string]any{"sources": anys([]string{"error", "*_error"})}, "sources has *_error"},
		{"a dead-letter queue", map[string]any{"sources": anys([]string{"billing/$DeadLetterQueue"})}, "sources has billing/$DeadLetterQueue"},
		{"a budget without a start", map[string]any{"monthlyBudget": 20, "alertMails": []any{"ops@shop.example"}}, "budgetStart"},
		{"a budget that nobody hears of", map[string]any{"monthlyBudget": 20, "budgetStart": "2026-12-01"}, "alertMails"},
		{"a budget", map[string]any{"monthlyBudget": 20, "budgetStart": "2026-12-01", "alertMails": []any{"ops@shop.example"}}, ""},
		{"two mistakes", map[string]any{"name": "a-", "sources": []any{"*_error"}}, `between them; sources has *_error`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, refused := evaluate(t, "main.bicep", "identityName", with(tt.given, "token", "t0k3n"))
			if !strings.Contains(refused, tt.says) || (refused == "") != (tt.says == "") {
				t.Errorf("refused with %q, want %q", refused, tt.says)
			}
		})
	}
}

// Every name stands on what is refused, and an identity, which needs nothing
// that is made before, is among them: so nothing has been made yet.
func TestNoNameIsMadeOfWhatIsRefused(t *testing.T) {
	for _, name := range []string{"identityName", "appName", "vaultName", "storageName", "networkName"} {
		if _, refused := evaluate(t, "main.bicep", name, map[string]any{"name": "a-", "token": "t0k3n"}); refused == "" {
			t.Errorf("%s is made of a name that Azure refuses", name)
		}
	}
}

func TestWhatIsBetterChangedIsSaid(t *testing.T) {
	mails := []any{"ops@shop.example"}
	whole := map[string]any{"serviceBusNamespace": "sb-shop", "sources": []any{"*"}}
	for _, tt := range []struct {
		name  string
		given map[string]any
		want  []string // parts of what is said
	}{
		{"all is well", map[string]any{"alertMails": mails}, nil},
		{"nobody hears of silence", nil, []string{"alertMails is empty: nobody is told"}},
		{"every queue", with(whole, "alertMails", mails), []string{"every queue of sb-shop"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said, _ := evaluate(t, "main.bicep", "warnings", tt.given)
			got := texts(said)
			if len(got) != len(tt.want) {
				t.Fatalf("said %q, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("said %q, want %q", got[i], want)
				}
			}
		})
	}
	for _, file := range []string{"main.bicep", "azd.bicep"} {
		if !strings.Contains(templates(t)[file], "output BUSBELL_WARNINGS string[] = ") {
			t.Errorf("%s does not say it", file)
		}
	}
}

// expressionOf returns the text of a field of a resource.
func expressionOf(t *testing.T, file, resource string, path ...string) string {
	t.Helper()
	for _, d := range declarations(t) {
		if d.file == file && d.name == resource {
			return d.body.at(path...).text
		}
	}
	t.Fatalf("%s declares no %s", file, resource)
	return ""
}

// Resource Manager wants "~" for the "/" of an entity, and no "/" in the name
// of a subscription.
func TestEntitiesAreNamedAsAzureWantsThem(t *testing.T) {
	for _, tt := range []struct {
		file, resource string
		given          map[string]any
		want           string
	}{
		{"modules/messaging.bicep", "events", map[string]any{"eventsQueue": "busbell/events"}, "busbell~events"},
		{"modules/messaging.bicep", "recovery", map[string]any{"recoveryQueue": "busbell/recovery"}, "busbell~recovery"},
		{"modules/messaging.bicep", "topic", map[string]any{"name": "Shop.Orders/OrderPlaced"}, "Shop.Orders~OrderPlaced"},
		{"modules/messaging.bicep", "forwarding", map[string]any{"eventsQueue": "busbell/events"}, "busbell-events"},
		{"modules/messaging.bicep", "forwarding", map[string]any{"eventsQueue": strings.Repeat("x", 60)}, strings.Repeat("x", 50)},
		{"modules/busroles.bicep", "watchedQueue", map[string]any{"name": "shop/billing"}, "shop~billing"},
		{"modules/busroles.bicep", "watchedTopic", map[string]any{"path": "orders/Subscriptions/invoicing"}, "orders"},
		{"modules/busroles.bicep", "watchedTopic", map[string]any{"path": "shop/orders/subscriptions/x"}, "shop~orders"},
		{"modules/busroles.bicep", "watchedSubscription", map[string]any{"path": "orders/subscriptions/x"}, "x"},
		{"modules/busroles.bicep", "watchedSubscription", map[string]any{"path": "shop/orders/SUBSCRIPTIONS/Invoicing"}, "Invoicing"},
	} {
		got, _ := evaluate(t, tt.file, expressionOf(t, tt.file, tt.resource, "name"), tt.given)
		if got != tt.want {
			t.Errorf("%s: %s is called %q of %v, want %q", tt.file, tt.resource, got, tt.given, tt.want)
		}
	}
}

func TestSubscriptionsAreToldFromQueuesInAnyCase(t *testing.T) {
	given := map[string]any{"sources": anys([]string{"error", "orders/subscriptions/x", "orders/Subscriptions/y"})}
	for name, want := range map[string][]string{"queueNames": {"error"}, "subscriptionPaths": {"orders/subscriptions/x", "orders/Subscriptions/y"}} {
		if got, _ := evaluate(t, "main.bicep", name, given); !slices.Equal(texts(got), want) {
			t.Errorf("%s are %q, want %q", name, got, want)
		}
	}
}

// An empty list is all of a namespace only where nothing else is in it.
func TestTheWholeNamespaceIsReadOnlyWhereThatIsSaid(t *testing.T) {
	for _, tt := range []struct {
		namespace string
		sources   []string
		want      bool
	}{
		{"", nil, true}, {"", []string{"error"}, false}, {"sb-shop", nil, false}, {"sb-shop", []string{"error"}, false}, {"sb-shop", []string{"*"}, true},
	} {
		got, _ := evaluate(t, "main.bicep", "everySource", map[string]any{"serviceBusNamespace": tt.namespace, "sources": anys(tt.sources)})
		if got != tt.want {
			t.Errorf("sources %q of %q: every source is %v", tt.sources, tt.namespace, got)
		}
	}
	if got := regexp.MustCompile(`everything: (.*)`).FindStringSubmatch(templates(t)["main.bicep"]); got == nil || got[1] != "everySource" {
		t.Errorf("the role on the whole namespace is given if %q", got)
	}
}

// Azure takes neither fewer instances, nor an empty name for a queue; the
// compiler warns of a name that could be empty.
func TestParametersHaveTheLimitsOfAzure(t *testing.T) {
	for _, tt := range []struct{ file, parameter, limit string }{
		{"main.bicep", "maximumInstanceCount int", "@minValue(40)"},
		{"main.bicep", "eventsQueue string", "@minLength(1)"},
		{"main.bicep", "recoveryQueue string", "@minLength(1)"},
		{"modules/messaging.bicep", "eventsQueue string", "@minLength(1)"},
		{"modules/messaging.bicep", "recoveryQueue string", "@minLength(1)"},
	} {
		before, _, found := strings.Cut(templates(t)[tt.file], "\nparam "+tt.parameter)
		decorators := before[strings.LastIndex(before, "\n\n"):]
		if !found || !strings.Contains(decorators, tt.limit+"\n") && !strings.HasSuffix(decorators, tt.limit) {
			t.Errorf("%s: %s lacks %s", tt.file, tt.parameter, tt.limit)
		}
	}
}

// The zones of private endpoints belong to the group, so two Busbells in one
// share them, each with a link of its own.
func TestTwoPrivateNetworksFitIntoOneGroup(t *testing.T) {
	if got := expressionOf(t, "modules/endpoint.bicep", "link", "name"); got != "networkName" {
		t.Errorf("the link of the zone is called %s, which is the same for two networks", got)
	}
	a, _ := evaluate(t, "main.bicep", "networkName", map[string]any{"name": "one", "token": "t0k3n"})
	b, _ := evaluate(t, "main.bicep", "networkName", map[string]any{"name": "two", "token": "other"})
	if a == b {
		t.Errorf("both networks are called %s", a)
	}
}

var used = regexp.MustCompile(`(?m)^module (\w+) '([^']+)' = (?:if \(.*\) )?\{$`)

// What an existing deployment would change can only be said where no name and
// no condition waits for the output of a module; the linter refuses it, too.
func TestNoNameAndNoConditionWaitsForAnotherModule(t *testing.T) {
	all := declarations(t)
	outputs := 0
	for file, text := range templates(t) {
		for _, at := range used.FindAllStringSubmatchIndex(text, -1) {
			called := path.Join(path.Dir(file), text[at[4]:at[5]])
			body := (&reader{rest: text[at[1]:]}).object()
			for param, v := range body.at("params").fields {
				if !strings.Contains(v.text, ".outputs.") {
					continue
				}
				outputs++
				uses := regexp.MustCompile(`\b` + param + `\b`)
				for _, d := range all {
					if d.file == called && (uses.MatchString(d.condition) || uses.MatchString(d.body.at("name").text)) {
						t.Errorf("%s: whether or under which name %s is made depends on %s, which %s gets from another module", called, d.name, param, text[at[2]:at[3]])
					}
				}
			}
		}
	}
	if outputs < 10 {
		t.Errorf("only %d params that get an output were found", outputs)
	}
}
