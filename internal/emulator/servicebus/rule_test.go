package servicebus

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"
)

var oneSubscription = Config{Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}}

// listRules reads all rules of a subscription, in pages of two.
func listRules(t *testing.T, a *admin.Client, topic, subscription string) map[string]admin.RuleProperties {
	t.Helper()
	all := map[string]admin.RuleProperties{}
	for pager := a.NewListRulesPager(topic, subscription, &admin.ListRulesOptions{MaxPageSize: 2}); pager.More(); {
		page, err := pager.NextPage(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rules {
			all[r.Name] = r
		}
	}
	return all
}

func TestRulesAreMadeReadChangedAndDeleted(t *testing.T) {
	eachAddress(t, oneSubscription, func(t *testing.T, _ *Server, a *admin.Client) {
		ctx := soon(t)
		when := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		want := map[string]admin.RuleProperties{
			"$Default": {Filter: &admin.TrueFilter{}},
			"none":     {Filter: &admin.FalseFilter{}},
			"sql": {
				Filter: &admin.SQLFilter{Expression: "price > @min AND note <> '<&>'", Parameters: map[string]any{"@min": int64(3), "@at": when}},
				Action: &admin.SQLAction{Expression: "SET price = @p; REMOVE note", Parameters: map[string]any{"@p": 2.5, "@new": true}},
			},
			"values": {Filter: &admin.CorrelationFilter{
				Subject: new("order"), MessageID: new("m"), CorrelationID: new("c"), To: new("t"), ReplyTo: new("r"), SessionID: new("s"),
				ReplyToSessionID: new("rs"), ContentType: new("ct"), ApplicationProperties: map[string]any{"shop": "a", "n": int64(7), "new": true},
			}},
		}
		for name, r := range want {
			r.Name = name
			want[name] = r
			if name == "$Default" {
				continue
			}
			made, err := a.CreateRule(ctx, "t", "s", &admin.CreateRuleOptions{Name: &name, Filter: r.Filter, Action: r.Action})
			if err != nil || !cmp.Equal(made.RuleProperties, r) {
				t.Errorf("created %s: %v", cmp.Diff(made.RuleProperties, r), err)
			}
			if _, err := a.CreateRule(ctx, "t", "s", &admin.CreateRuleOptions{Name: new(strings.ToUpper(name)), Filter: r.Filter}); httpStatus(err) != http.StatusConflict ||
				!strings.Contains(err.Error(), "The messaging entity 'sbemulatorns:Topic:t|s|") {
				t.Errorf("created twice: %v", err)
			}
		}
		if got := listRules(t, a, "t", "s"); !cmp.Equal(got, want) {
			t.Errorf("listed:\n%s", cmp.Diff(got, want))
		}
		changed := admin.RuleProperties{Name: "sql", Filter: &admin.SQLFilter{Expression: "price < 1"}}
		if got, err := a.UpdateRule(ctx, "t", "s", changed); err != nil || !cmp.Equal(got.RuleProperties, changed) {
			t.Errorf("updated %+v, %v", got, err)
		}
		if got, err := a.GetRule(ctx, "t", "s", "SQL", nil); err != nil || !cmp.Equal(got.RuleProperties, changed) {
			t.Errorf("got %+v, %v", got, err)
		}
		changed.Name = "gone"
		if _, err := a.UpdateRule(ctx, "t", "s", changed); httpStatus(err) != http.StatusNotFound {
			t.Errorf("updated what is not there: %v", err)
		}
		for name := range want {
			if _, err := a.DeleteRule(ctx, "t", "s", name, nil); err != nil {
				t.Errorf("delete %s: %v", name, err)
			}
		}
		if _, err := a.DeleteRule(ctx, "t", "s", "sql", nil); httpStatus(err) != http.StatusNotFound || !strings.Contains(err.Error(), "Entity 'sbemulatorns:Topic:t|s|sql' was not found.") {
			t.Errorf("deleted twice: %v", err)
		}
		if got, err := a.GetRule(ctx, "t", "s", "sql", nil); got != nil || err != nil {
			t.Errorf("after deletion %v, %v", got, err)
		}
		if got := listRules(t, a, "t", "s"); len(got) != 0 {
			t.Errorf("left %v", got)
		}
	})
}

func TestWrongRulesAreRefusedWithTheirPlace(t *testing.T) {
	s := start(t, oneSubscription)
	a := administer(t, s.ConnectionString())
	for want, o := range map[string]admin.CreateRuleOptions{
		"filter: SQL column 9: ":       {Filter: &admin.SQLFilter{Expression: "price = = 1"}},
		"the parameter @p has no":      {Filter: &admin.SQLFilter{Expression: "price = @p"}},
		"action: SQL column 1: ":       {Action: &admin.SQLAction{Expression: "UPDATE price"}},
		"sys.SequenceNumber is not":    {Filter: &admin.SQLFilter{Expression: "sys.SequenceNumber = 1"}},
		"needs at least one condition": {Filter: &admin.CorrelationFilter{}},
		"need 1 to 50 letters":         {Name: new("a#b")},
	} {
		if o.Name == nil {
			o.Name = new("r")
		}
		if *o.Name = strings.ReplaceAll(*o.Name, "#", "%23"); o.Filter == nil {
			o.Filter = &admin.TrueFilter{}
		}
		if _, err := a.CreateRule(soon(t), "t", "s", &o); httpStatus(err) != http.StatusBadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	first := &admin.CreateSubscriptionOptions{Properties: &admin.SubscriptionProperties{DefaultRule: &admin.RuleProperties{Filter: &admin.SQLFilter{Expression: "a b"}}}}
	if _, err := a.CreateSubscription(soon(t), "t", "s2", first); httpStatus(err) != http.StatusBadRequest {
		t.Errorf("a subscription with a wrong rule: %v", err)
	}
	if got, err := a.GetSubscription(soon(t), "t", "s2", nil); got != nil {
		t.Errorf("it was made all the same: %v, %v", got, err)
	}
}

// labels of the messages in a subscription, with one of their properties.
func labels(t *testing.T, c *azservicebus.Client, subscriptionName, property string) []string {
	t.Helper()
	var all []string
	for _, m := range peek(t, subscription(t, c, "t", subscriptionName, nil)) {
		all = append(all, fmt.Sprintf("%s %v", m.MessageID, m.ApplicationProperties[property]))
	}
	slices.Sort(all)
	return all
}

func TestSubscriptionsTakeWhatTheirRulesMatch(t *testing.T) {
	s := start(t, Config{Topics: []Topic{{Name: "t"}}})
	a := administer(t, s.ConnectionString())
	c := dial(t, s)
	for name, r := range map[string]admin.RuleProperties{
		"sql":    {Filter: &admin.SQLFilter{Expression: "price > 3 AND sys.Label LIKE 'order%' AND sys.To IS NULL"}},
		"params": {Filter: &admin.SQLFilter{Expression: "shop IN (@a, 'x')", Parameters: map[string]any{"@a": "b"}}},
		"values": {Filter: &admin.CorrelationFilter{Subject: new("order placed"), ApplicationProperties: map[string]any{"shop": "a"}}},
		"none":   {Filter: &admin.FalseFilter{}},
		"all":    {},
		"set":    {Action: &admin.SQLAction{Expression: "SET price = price * 2 + 1; SET sys.To = 'x'; REMOVE shop"}},
		"broken": {Filter: &admin.SQLFilter{Expression: "10 / (price - 5) > 0"}},
	} {
		if _, err := a.CreateSubscription(soon(t), "t", name, &admin.CreateSubscriptionOptions{Properties: &admin.SubscriptionProperties{DefaultRule: &r}}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for i, shop := range []string{"a", "b", "a", "c"} {
		m := &azservicebus.Message{MessageID: new(fmt.Sprint("m", i)), Subject: new("order placed"), ApplicationProperties: map[string]any{"price": int32(i + 3), "shop": shop}}
		if i == 3 {
			m.Subject, m.ApplicationProperties = nil, nil
		}
		send(t, c, "t", m)
	}
	for name, want := range map[string][]string{
		"sql": {"m1 4", "m2 5"}, "params": {"m1 4"}, "values": {"m0 3", "m2 5"}, "none": nil,
		"all": {"m0 3", "m1 4", "m2 5", "m3 <nil>"}, "set": {"m0 7", "m1 9", "m2 11", "m3 <nil>"}, "broken": nil,
	} {
		if got := labels(t, c, name, "price"); !slices.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	for _, m := range peek(t, subscription(t, c, "t", "set", nil)) {
		if m.To == nil || *m.To != "x" || m.ApplicationProperties["shop"] != nil || m.ApplicationProperties["RuleName"] != "$Default" {
			t.Errorf("changed to %+v", m.ApplicationProperties)
		}
	}
	dead := peek(t, subscription(t, c, "t", "broken", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}))
	if len(dead) != 1 || dead[0].MessageID != "m2" || *dead[0].DeadLetterReason != "FilterEvaluationException" ||
		*dead[0].DeadLetterErrorDescription != `rule "$Default": division by zero` {
		t.Errorf("%d dead letters: %+v", len(dead), dead)
	}
}

// Rules without an action make one copy together, each rule with one its own.
func TestEachRuleWithAnActionMakesACopy(t *testing.T) {
	rules := []Rule{
		{Name: "all"},
		{Name: "sql", SQL: "price = 1"},
		{Name: "other", SQL: "price = 2"},
		{Name: "twice", Action: "SET price = price + price"},
		{Name: "named", Fields: map[string]string{"Label": "x"}, Action: "SET price = 'x'"},
	}
	s := start(t, Config{Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s", Rules: rules}}}}})
	c := dial(t, s)
	send(t, c, "t", &azservicebus.Message{MessageID: new("m"), Subject: new("x"), ApplicationProperties: map[string]any{"price": 1}})
	if got, want := labels(t, c, "s", "price"), []string{"m 1", "m 2", "m x"}; !slices.Equal(got, want) {
		t.Errorf("copies %q, want %q", got, want)
	}
}

func TestMessagesThatARuleFailsOnMayBeDropped(t *testing.T) {
	s := start(t, Config{Topics: []Topic{{Name: "t"}}})
	a := administer(t, s.ConnectionString())
	c := dial(t, s)
	o := &admin.CreateSubscriptionOptions{Properties: &admin.SubscriptionProperties{
		DefaultRule: &admin.RuleProperties{Filter: &admin.SQLFilter{Expression: "price > 'x'"}},
		EnableDeadLetteringOnFilterEvaluationExceptions: new(false),
	}}
	if _, err := a.CreateSubscription(soon(t), "t", "s", o); err != nil {
		t.Fatal(err)
	}
	send(t, c, "t", &azservicebus.Message{ApplicationProperties: map[string]any{"price": 1}})
	if n, err := s.Counts("t/Subscriptions/s"); err != nil || n.Active+n.DeadLetter != 0 {
		t.Errorf("counts %+v, %v", n, err)
	}
}

func TestTopicsCountTheirFilters(t *testing.T) {
	s := start(t, Config{Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}, {Name: "s2", Rules: []Rule{
		{Name: "a", SQL: "a = 1"}, {Name: "b", Fields: map[string]string{"Label": "x"}}, {Name: "c", Never: true},
	}}}}}})
	run, err := administer(t, s.ConnectionString()).GetTopicRuntimeProperties(soon(t), "t", nil)
	if err != nil || run.SQLFilterCount != 3 || run.CorrelationFilterCount != 1 {
		t.Errorf("runtime properties %+v, %v", run, err)
	}
}

// ask sends a request to a management node and returns what it answers.
func ask(t *testing.T, s *Server, entity, operation string, body map[string]any) *amqp.Message {
	t.Helper()
	conn, err := amqp.Dial(soon(t), "amqp://"+s.Addr(), &amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	session, err := conn.NewSession(soon(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	address := entity + "/$management"
	in, err := session.NewReceiver(soon(t), address, &amqp.ReceiverOptions{TargetAddress: "answers"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.NewSender(soon(t), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request := &amqp.Message{
		Properties: &amqp.MessageProperties{MessageID: "1", ReplyTo: new("answers")}, Value: body,
		ApplicationProperties: map[string]any{"operation": "com.microsoft:" + operation},
	}
	if err := out.Send(soon(t), request, nil); err != nil {
		t.Fatal(err)
	}
	m, err := in.Receive(soon(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRulesAreManagedOverAMQP(t *testing.T) {
	s := start(t, oneSubscription)
	const sub = "t/Subscriptions/s"
	price := map[string]any{"sql-filter": map[string]any{"expression": "price > 3"}, "sql-rule-action": map[string]any{"expression": "SET seen = TRUE"}}
	values := map[string]any{"correlation-filter": map[string]any{"label": "x", "to": "y", "properties": map[string]any{"n": int32(7)}}}
	for i, step := range []struct {
		entity, operation, name string
		description             any
		status                  int32
		condition               amqp.ErrCond
	}{
		{sub, "add-rule", "price", price, 200, ""},
		{sub, "add-rule", "PRICE", price, 409, "com.microsoft:entity-already-exists"},
		{sub, "add-rule", "values", values, 200, ""},
		{sub, "add-rule", "wrong", map[string]any{"sql-filter": map[string]any{"expression": "price >"}}, 400, "com.microsoft:argument-error"},
		{sub, "add-rule", "empty", map[string]any{}, 400, "com.microsoft:argument-error"},
		{sub, "add-rule", "nothing", map[string]any{"correlation-filter": map[string]any{}}, 400, "com.microsoft:argument-error"},
		{sub, "add-rule", "text", "x", 400, "com.microsoft:argument-error"},
		{sub, "remove-rule", "$default", nil, 200, ""},
		{sub, "remove-rule", "$default", nil, 404, "amqp:not-found"},
		{"t", "add-rule", "price", price, 403, "amqp:not-allowed"},
	} {
		m := ask(t, s, step.entity, step.operation, map[string]any{"rule-name": step.name, "rule-description": step.description})
		condition := fmt.Sprint(m.ApplicationProperties["errorCondition"])
		if m.ApplicationProperties["statusCode"] != step.status || step.condition != "" && condition != string(step.condition) {
			t.Errorf("step %d, %s %s: %v", i, step.operation, step.name, m.ApplicationProperties)
		}
	}
	got := map[string]string{}
	for skip := range int32(3) {
		m := ask(t, s, sub, "enumerate-rules", map[string]any{"top": int32(1), "skip": skip})
		if skip == 2 {
			if m.ApplicationProperties["statusCode"] != int32(204) {
				t.Errorf("past the end: %v", m.ApplicationProperties)
			}
			continue
		}
		for _, r := range m.Value.(map[string]any)["rules"].([]any) {
			got[fmt.Sprint("rule ", skip)] = fmt.Sprint(r)
		}
	}
	if len(got) != 2 || !strings.Contains(got["rule 0"], "price > 3") || !strings.Contains(got["rule 1"], "values") {
		t.Errorf("enumerated %q", slices.Collect(maps.Values(got)))
	}
	c := dial(t, s)
	send(t, c, "t", &azservicebus.Message{MessageID: new("a"), ApplicationProperties: map[string]any{"price": 4}})
	send(t, c, "t", &azservicebus.Message{MessageID: new("b"), Subject: new("x"), To: new("y"), ApplicationProperties: map[string]any{"n": int64(7)}})
	send(t, c, "t", &azservicebus.Message{MessageID: new("c")})
	if got, want := labels(t, c, "s", "seen"), []string{"a true", "b <nil>"}; !slices.Equal(got, want) {
		t.Errorf("the subscription holds %q, want %q", got, want)
	}
}
