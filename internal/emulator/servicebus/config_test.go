package servicebus

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
)

func TestConfigFilesHaveTheShapeOfMicrosofts(t *testing.T) {
	cfg, err := ParseConfig(strings.NewReader(`{
	  "UserConfig": {
	    "Namespaces": [{
	      "Name": "sbemulatorns",
	      "Queues": [{"Name": "error", "Properties": {
	        "DeadLetteringOnMessageExpiration": true, "DefaultMessageTimeToLive": "PT1H", "DuplicateDetectionHistoryTimeWindow": "PT20S",
	        "ForwardDeadLetteredMessagesTo": "", "ForwardTo": "", "LockDuration": "PT1M30S", "MaxDeliveryCount": 3,
	        "RequiresDuplicateDetection": false, "RequiresSession": false, "EnablePartitioning": true}}],
	      "Topics": [{"Name": "Shop.Orders", "Properties": {"DefaultMessageTimeToLive": "P14D"},
	        "Subscriptions": [{"Name": "billing", "Properties": {"forwardTo": "error"}, "Rules": []}]}]
	    }],
	    "Logging": {"Type": "File"}
	  }
	}`))
	want := Config{
		Queues: []Queue{{
			Name: "error", LockDuration: 90 * time.Second, MaxDeliveryCount: 3, DefaultMessageTimeToLive: time.Hour,
			DeadLetteringOnMessageExpiration: true, DuplicateDetectionHistoryTimeWindow: 20 * time.Second,
			EnablePartitioning: true,
		}},
		Topics: []Topic{{
			Name: "Shop.Orders", DefaultMessageTimeToLive: 14 * 24 * time.Hour,
			Subscriptions: []Queue{{Name: "billing", ForwardTo: "error"}},
		}},
	}
	if err != nil || !reflect.DeepEqual(cfg, want) {
		t.Errorf("ParseConfig = %+v, %v", cfg, err)
	}
}

func TestRulesOfAConfigFileFilter(t *testing.T) {
	cfg, err := ParseConfig(strings.NewReader(`{"UserConfig": {"Namespaces": [{"Topics": [{"Name": "t", "Subscriptions": [
	  {"Name": "fields", "Rules": [{"Name": "r", "Properties": {"FilterType": "Correlation", "CorrelationFilter": {"Label": "order", "CorrelationId": "c", "To": ""}}}]},
	  {"Name": "either", "Rules": [
	    {"Name": "a", "Properties": {"FilterType": "Correlation", "CorrelationFilter": {"Properties": {"shop": "a", "number": 3, "new": true}}}},
	    {"Name": "b", "Properties": {"CorrelationFilter": {"MessageId": "2"}}}]},
	  {"Name": "sql", "Rules": [{"Name": "s", "Properties": {"FilterType": "Sql", "SqlFilter": {"SqlExpression": "shop = 'a' AND EXISTS(more)"}, "Action": {"SqlExpression": "SET sys.To = 'x'"}}}]},
	  {"Name": "all"}]}]}]}}`))
	if err != nil {
		t.Fatalf("ParseConfig: %v", err)
	}
	s := start(t, cfg)
	rules := administer(t, s.ConnectionString())
	got, err := rules.GetRule(soon(t), "t", "fields", "R", nil)
	if err != nil || got == nil {
		t.Fatalf("rule: %+v, %v", got, err)
	}
	if f, ok := got.Filter.(*admin.CorrelationFilter); !ok || *f.Subject != "order" || *f.CorrelationID != "c" || f.To != nil {
		t.Errorf("rule %+v", got.Filter)
	}
	c := dial(t, s)
	label, correlation := "order", "c"
	props := map[string]any{"shop": "a", "number": int64(3), "new": true, "more": "x"}
	for id, m := range map[string]*azservicebus.Message{
		"1": {Subject: &label, CorrelationID: &correlation}, "2": {Subject: &label}, "3": {ApplicationProperties: props},
		"4": {ApplicationProperties: map[string]any{"shop": "a", "number": int64(3)}},
	} {
		m.MessageID = &id
		send(t, c, "t", m)
	}
	for name, want := range map[string]string{"fields": "1", "either": "2 3", "sql": "3", "all": "1 2 3 4"} {
		var ids []string
		for _, m := range peek(t, subscription(t, c, "t", name, nil)) {
			ids = append(ids, m.MessageID)
		}
		if slices.Sort(ids); strings.Join(ids, " ") != want {
			t.Errorf("%s got %q, want %q", name, ids, want)
		}
	}
}

func TestConfigMistakesAreAllNamedWithTheirPath(t *testing.T) {
	_, err := ParseConfig(strings.NewReader(`{"UserConfig": {"Namespaces": [{"Queues": [
	  {"Name": "a", "Properties": {"LockDuration": "1m", "MaxDeliverCount": 3, "MaxDeliveryCount": 0}}, {"Properties": {"RequiresSession": "no"}}],
	  "Topics": {}, "Extra": 1},
	  {"Topics": [{"Name": "t", "Subscriptions": [{"Name": "s", "Rules": [
	    {"Properties": {"FilterType": "Regex"}}, {"Properties": {"FilterType": "Sql", "SqlFilter": {"SqlExpression": "a == 1"}}}, {"Properties": {"CorrelationFilter": {"Lable": "x", "Properties": {"p": []}}}}]}]}]}]}}`))
	for _, want := range []string{
		`UserConfig.Namespaces[0].Queues[0].Properties.LockDuration: duration "1m"`,
		"UserConfig.Namespaces[0].Queues[0].Properties.MaxDeliverCount: unknown key",
		"UserConfig.Namespaces[0].Queues[0].Properties.MaxDeliveryCount: need a number",
		"UserConfig.Namespaces[0].Queues[1].Name: ",
		"UserConfig.Namespaces[0].Queues[1].Properties.RequiresSession: need true or false",
		"UserConfig.Namespaces[0].Topics: need a list",
		"UserConfig.Namespaces[0].Extra: unknown key",
		`Rules[0].Properties.FilterType: unknown type "Regex"`,
		"Rules[1]: filter: SQL column 4: ",
		"Rules[2].Properties.CorrelationFilter.Lable: unknown key",
		"Rules[2].Properties.CorrelationFilter.Properties.p: need a text",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
	for _, text := range []string{"", "[]", "{} {}", "{", `{"Queues": []}`} {
		if _, err := ParseConfig(strings.NewReader(text)); err == nil {
			t.Errorf("ParseConfig(%q) accepts it", text)
		}
	}
}

func TestConfigNamesThatAreTakenAreToldWithTheirPath(t *testing.T) {
	_, err := ParseConfig(strings.NewReader(`{"UserConfig": {"Namespaces": [{
	  "Queues": [{"Name": "error"}, {"Name": "orders"}, {"Name": "Error"}],
	  "Topics": [{"Name": "orders"}, {"Name": "t", "Subscriptions": [{"Name": "a"}, {"Name": "b", "Rules": [{"Name": "r"}, {"Name": "R"}]}, {"Name": "A"}]},
	    {"Name": "u", "Subscriptions": [{"Name": "a", "Rules": [{"Name": "r"}]}]}]}]}}`))
	if err == nil {
		t.Fatal("accepted")
	}
	got := strings.Split(strings.TrimPrefix(err.Error(), "emulator config: "), "\n")
	const in = "UserConfig.Namespaces[0]."
	want := []string{
		in + `Queues[2].Name: "Error" is also the name of ` + in + "Queues[0]",
		in + `Topics[0].Name: "orders" is also the name of ` + in + "Queues[1]",
		in + `Topics[1].Subscriptions[1].Rules[1].Name: "R" is also the name of ` + in + "Topics[1].Subscriptions[1].Rules[0]",
		in + `Topics[1].Subscriptions[2].Name: "A" is also the name of ` + in + "Topics[1].Subscriptions[0]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNamesHoldNoBlanks(t *testing.T) {
	for _, name := range []string{"my queue", "queue ", "\tqueue", "a\u00a0b", "a\x00b"} {
		_, err := Start(Config{Queues: []Queue{{Name: name}}})
		if err == nil || !strings.Contains(err.Error(), "not allowed") {
			t.Errorf("a queue %q: %v", name, err)
		}
		_, err = Start(Config{Topics: []Topic{{Name: name}}})
		if err == nil || !strings.Contains(err.Error(), "not allowed") {
			t.Errorf("a topic %q: %v", name, err)
		}
	}
}

func TestConfigThatIsNoJSONIsToldWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "line 1: ",
		"[]":                            ": top level: need an object",
		"{\n \"UserConfig\": {,}}":      "line 2: invalid character ','",
		"{\n \"UserConfig\": {\n":       "line 3: ",
		"\ufeff{\n\n \"UserConfig\": x": "line 3: invalid character 'x'",
	} {
		if _, err := ParseConfig(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
	cfg, err := ParseConfig(strings.NewReader("\ufeff" + `{"UserConfig": {"Namespaces": [{"Queues": [{"Name": "a"}]}]}}`))
	if err != nil || len(cfg.Queues) != 1 {
		t.Errorf("with a byte order mark: %+v, %v", cfg, err)
	}
}

func TestStartRefusesWhatCannotBe(t *testing.T) {
	for name, cfg := range map[string]Config{
		"all interfaces":  {Addr: "0.0.0.0:0"},
		"a public host":   {AdminAddr: "example.com:80"},
		"two of one name": queues("q", "/Q"),
		"a name of none":  queues(""),
		"a reserved name": queues("$cbs"),
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := Start(cfg); err == nil {
				_ = s.Close()
				t.Error("it started")
			}
		})
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(`{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"q","Properties":{"LockDuration":"PT1M"}}]}]}}`)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = ParseConfig(strings.NewReader(text)) })
}
