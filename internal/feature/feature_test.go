package feature_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/outbox/pace"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
)

// chat remembers what it was told.
type chat struct {
	said  []string
	fails error
}

func (c *chat) Send(_ context.Context, n notify.Notice, _ notify.Receipt) (notify.Receipt, error) {
	if c.fails != nil {
		return notify.Receipt{}, c.fails
	}
	c.said = append(c.said, n.To+": "+n.Headline.Plain())
	return notify.Receipt{Destination: "C1", ID: n.Key}, nil
}

func (c *chat) Find(context.Context, notify.Notice, notify.Receipt, time.Time) (notify.Receipt, bool, error) {
	return notify.Receipt{}, false, nil
}

func newFlow(t *testing.T, c *chat, show []string, features ...feature.Config) *feature.Flow {
	t.Helper()
	rules, err := feature.NewRules(features, setting.Slack{Channel: "#bus-errors", Mention: "<!here>"})
	if err != nil {
		t.Fatal(err)
	}
	masker, err := privacy.New(privacy.Config{Show: show})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	return &feature.Flow{
		Environment: "test", Rules: rules, Masker: masker, Log: log,
		Delivery: &outbox.Delivery{Ledger: new(ledger.Memory), Environment: "test", Log: log, Channels: map[string]notify.Channel{"slack": c}},
	}
}

func rebus(id, typ, body string) *message.Message {
	return &message.Message{ID: id, Properties: map[string]any{"rbs2-msg-id": id, "rbs2-msg-type": typ + ", Shop"}, Body: []byte(body)}
}

var reached = feature.Config{
	Name: "level reached", Event: "Shop.Loyalty.CustomerLevelReached", When: `event.Level in ["Gold", "Platinum"]`,
	Say: ":tada: {event.CustomerName} reached {event.Level}", Slack: setting.Slack{Channel: "#milestones"},
}

func TestAnEventBecomesItsMilestone(t *testing.T) {
	star := feature.Config{Name: "any event", Event: "Shop.*"}
	for _, tt := range []struct {
		name string
		rule feature.Config
		m    *message.Message
		want []string
	}{
		{"it matches", reached, rebus("1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ada L.","Level":"Gold"}`), []string{"#milestones: :tada: Ada L. reached Gold"}},
		{"the condition is false", reached, rebus("1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ada L.","Level":"Silver"}`), nil},
		{"the key is absent", reached, rebus("1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ada L."}`), nil},
		{"another type", reached, rebus("1", "Shop.Orders.OrderPlaced", `{"Level":"Gold"}`), nil},
		{"a body that is no JSON", reached, rebus("1", "Shop.Loyalty.CustomerLevelReached", `<xml/>`), nil},
		{"a placeholder without a value", reached, rebus("1", "Shop.Loyalty.CustomerLevelReached", `{"Level":"Gold"}`), []string{"#milestones: :tada: ? reached Gold"}},
		{"a type with a star", star, rebus("1", "Shop.Orders.OrderPlaced", `{}`), []string{"#bus-errors: any event: Shop.Orders.OrderPlaced"}},
		{"a star, and no type", feature.Config{Name: "any event", Event: "*"}, &message.Message{ID: "1", Subject: "order-40318", Body: []byte(`{}`)}, []string{"#bus-errors: any event: an event without a type"}},
		{"a name space with a star, and no type", star, &message.Message{ID: "1", Body: []byte(`{}`)}, nil},
		{"a body that is no JSON, no condition", star, rebus("1", "Shop.Orders.OrderPlaced", "\x00\x01"), []string{"#bus-errors: any event: Shop.Orders.OrderPlaced"}},
		{
			"NServiceBus, the second enclosed type", reached,
			&message.Message{Properties: map[string]any{
				"NServiceBus.MessageId":            "1",
				"NServiceBus.EnclosedMessageTypes": "Shop.Loyalty.VipReached, Shop;Shop.Loyalty.CustomerLevelReached, Shop",
			}, Body: []byte(`{"CustomerName":"Ada L.","Level":"Gold"}`)},
			[]string{"#milestones: :tada: Ada L. reached Gold"},
		},
		{
			"MassTransit's envelope", reached,
			&message.Message{ContentType: "application/vnd.masstransit+json", Body: []byte(
				`{"messageId":"1","messageType":["urn:message:Shop.Loyalty:CustomerLevelReached"],"message":{"CustomerName":"Ada L.","Level":"Gold"}}`)},
			[]string{"#milestones: :tada: Ada L. reached Gold"},
		},
		{
			"the subject of a plain message", reached,
			&message.Message{ID: "1", Subject: "Shop.Loyalty.CustomerLevelReached", Body: []byte(`{"CustomerName":"Ada L.","Level":"Gold"}`)},
			[]string{"#milestones: :tada: Ada L. reached Gold"},
		},
		{
			"a CloudEvent", reached,
			&message.Message{ContentType: "application/cloudevents+json", Body: []byte(
				`{"specversion":"1.0","id":"1","source":"shop","type":"Shop.Loyalty.CustomerLevelReached","data":{"CustomerName":"Ada L.","Level":"Gold"}}`)},
			[]string{"#milestones: :tada: Ada L. reached Gold"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &chat{}
			if err := newFlow(t, c, nil, tt.rule).Handle(t.Context(), tt.m); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(c.said, tt.want) {
				t.Errorf("said %q, want %q", c.said, tt.want)
			}
		})
	}
}

func TestARedeliveredEventSaysNothingTwice(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    *message.Message
	}{
		{"by the framework's id", rebus("1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ada L.","Level":"Gold"}`)},
		{"without any id, by its place", &message.Message{
			SequenceNumber: 7, Subject: "Shop.Loyalty.CustomerLevelReached", Body: []byte(`{"CustomerName":"Ada L.","Level":"Gold"}`),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &chat{}
			f := newFlow(t, c, nil, reached)
			for delivery := range 3 {
				tt.m.DeliveryCount = delivery
				if err := f.Handle(t.Context(), tt.m); err != nil {
					t.Fatal(err)
				}
			}
			if len(c.said) != 1 {
				t.Errorf("said %q", c.said)
			}
		})
	}
}

func TestAMilestoneWaitsForSlack(t *testing.T) {
	c := &chat{fails: &notify.LaterError{Err: errors.New("connection refused")}}
	f := newFlow(t, c, nil, reached)
	now := time.Now()
	f.Delivery.Ledger = &ledger.Memory{Now: func() time.Time { return now }}
	if err := f.Handle(t.Context(), rebus("1", reached.Event, `{"CustomerName":"Ada L.","Level":"Gold"}`)); err != nil {
		t.Fatalf("the event would be delivered again although it is in the ledger: %v", err)
	}
	c.fails, now = nil, now.Add(time.Minute)
	if _, err := f.Delivery.Deliver(t.Context()); err != nil || len(c.said) != 1 {
		t.Errorf("said %q, %v", c.said, err)
	}
}

// hanging is a channel that takes nothing until it does.
type hanging struct {
	chat
	hangs bool
}

func (h *hanging) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if h.hangs {
		<-ctx.Done()
		return notify.Receipt{}, ctx.Err()
	}
	return h.chat.Send(ctx, n, page)
}

// The host hands over so many events at once and no more: one that waits for
// Slack is in the way of all others.
func TestAnEventEndsWithinTwoSecondsOfBeingWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &hanging{hangs: true}
		f := newFlow(t, &c.chat, nil, reached)
		f.Delivery.Channels["slack"] = c
		f.Delivery.Wait, f.Delivery.Paces = 20*time.Second, map[string]pace.Limit{"slack": {Every: time.Second, Burst: 2}}
		for i := range 10 {
			begun := time.Now()
			if err := f.Handle(t.Context(), rebus(strconv.Itoa(i), reached.Event, `{"CustomerName":"Ann","Level":"Gold"}`)); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
		}
		f.Delivery.Settle()
		c.hangs = false
		for range 30 {
			_, _ = f.Delivery.Deliver(t.Context())
			time.Sleep(2 * time.Minute)
		}
		if len(c.said) != 10 {
			t.Errorf("said %q, want 10", c.said)
		}
	})
}

func TestWhatAMilestoneShowsIsMaskedUnlessNamed(t *testing.T) {
	rule := feature.Config{Name: "signed up", Event: "Shop.SignedUp", Say: "{event.Mail} signed up with {event.Password}"}
	m := rebus("1", "Shop.SignedUp", `{"Mail":"ada@shop.example","Password":"Password=hunter2hunter2;"}`)
	for _, tt := range []struct {
		name string
		show []string
		mail bool
	}{{"masked", nil, false}, {"named", []string{"Mail", "Password"}, true}} {
		t.Run(tt.name, func(t *testing.T) {
			c := &chat{}
			if err := newFlow(t, c, tt.show, rule).Handle(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := c.said[0]
			if has := strings.Contains(got, "ada@shop.example"); has != tt.mail || strings.Contains(got, "hunter2") {
				t.Errorf("said %q", got)
			}
		})
	}
}

func TestAnEventWithoutATypeIsLogged(t *testing.T) {
	var log strings.Builder
	f := newFlow(t, &chat{}, nil, feature.Config{Name: "signed up", Event: "Shop.SignedUp"})
	f.Log = slog.New(slog.NewTextHandler(&log, nil))
	for _, m := range []*message.Message{{ID: "m-1", Body: []byte(`{}`)}, rebus("2", "Shop.Other", `{}`)} {
		if err := f.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if got := log.String(); strings.Count(got, "event without a type") != 1 || !strings.Contains(got, "message=m-1") {
		t.Errorf("logged %q", got)
	}
}

// privacy.show names fields, not what an expression makes of them.
func TestOnlyAFieldAloneIsShownAsItIs(t *testing.T) {
	m := rebus("1", "Shop.SignedUp", `{"Mail":"ada@shop.example","OrderId":"ada@shop.example","Order":{"OrderId":"ada@shop.example"},"Password":"swordfish"}`)
	for _, tt := range []struct {
		say   string
		shown bool
	}{
		{"{event.OrderId}", true},
		{"{ event.OrderId }", true},
		{`{event["OrderId"]}`, true},
		{"{event.Order.OrderId}", true},
		{"{event.Mail}", false},
		{"{event.Mail + ' ' + event.OrderId}", false},
		{"{event.OrderId + event.Mail}", false},
		{"{event.Mail != '' ? event.Mail : event.OrderId}", false},
		{"{headers.OrderId}", false},
	} {
		c := &chat{}
		rule := feature.Config{Name: "signed up", Event: "Shop.SignedUp", Say: tt.say + " {event.Password}"}
		if err := newFlow(t, c, []string{"OrderId", "Password"}, rule).Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if shown := strings.Contains(c.said[0], "ada@shop.example"); shown != tt.shown || strings.Contains(c.said[0], "swordfish") {
			t.Errorf("%s said %q", tt.say, c.said[0])
		}
	}
}

func TestAMessageTypeCarriesTheFeaturesThatWantIt(t *testing.T) {
	rules, err := feature.NewRules([]feature.Config{
		{Name: "orders", Event: "Shop.Orders.OrderPlaced"},
		{Name: "large order", Event: "Shop.Orders.*", When: "event.Total >= 1000"},
		{Name: "level reached", Event: "Shop.Loyalty.CustomerLevelReached"},
	}, setting.Slack{Channel: "#bus"})
	if err != nil {
		t.Fatal(err)
	}
	for messageType, want := range map[string]string{
		"Shop.Orders.OrderPlaced": "large order, orders", "Shop.Orders.OrderShipped": "large order", "Shop.Billing.Charged": "", "": "",
	} {
		if got := strings.Join(rules.Carries(messageType), ", "); got != want {
			t.Errorf("%q carries %q, want %q", messageType, got, want)
		}
	}
}

func TestAnEventIsOfTheTypeThatTheConfigurationFinds(t *testing.T) {
	c := new(chat)
	f := newFlow(t, c, nil, reached)
	p, err := message.ParsePlace("body:kind")
	if err != nil {
		t.Fatal(err)
	}
	f.Types = message.Places{p}
	m := rebus("1", "Shop.Envelope", `{"kind":"Shop.Loyalty.CustomerLevelReached","CustomerName":"Ada L.","Level":"Gold"}`)
	if err := f.Handle(t.Context(), m); err != nil || len(c.said) != 1 {
		t.Errorf("said %q, %v", c.said, err)
	}
	if x := f.Explain(t.Context(), m); len(x.Types) != 2 || !x.Rules[0].Typed || len(x.Notices) != 1 {
		t.Errorf("explained as %+v", x)
	}
}
