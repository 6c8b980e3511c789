package errorqueue_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

func windows(t *testing.T, text string) setting.Windows {
	t.Helper()
	var w setting.Windows
	if err := w.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return w
}

func date(t *testing.T, text string) setting.Date {
	t.Helper()
	var d setting.Date
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

// wait lets the clock go on without a pass.
func (d *driver) wait(by time.Duration) { d.now = d.now.Add(by) }

func (d *driver) only(t *testing.T) incident.Stored {
	t.Helper()
	all, err := d.Incidents.All(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d incidents, %v", len(all), err)
	}
	for _, k := range all {
		return k
	}
	return incident.Stored{}
}

// failures are the incidents that are not about trouble of our own.
func (d *driver) failures(t *testing.T) []incident.Stored {
	t.Helper()
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Collect(maps.Values(all)), func(k incident.Stored) bool { return k.Kind.Ours() })
}

func TestUnhandledIncidentGetsReminders(t *testing.T) {
	d := newDriverWith(t, triage.Config{RemindAfter: setting.Duration(4 * time.Hour)})
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.wait(3 * time.Hour)
	wantHeard(t, d.pass(t))
	d.wait(time.Hour)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := d.chat.said[len(d.chat.said)-1]; n.Act != notify.Update || d.chat.said[0].Act != notify.Reply || !d.chat.said[0].Broadcast || d.chat.said[0].Mention != "" {
		t.Errorf("said %+v", d.chat.said)
	}
	wantHeard(t, d.chat.heard(),
		"reply: Reminder: 2 messages still there, the oldest for 4h20m.",
		"update: 2 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pass(t))
	do(t, d, lifecycle.Action{By: "U0123"})
	d.chat.heard()
	d.wait(9 * time.Hour)
	wantHeard(t, d.pass(t))
}

// do notes a deed about the only incident, as a click does.
func do(t *testing.T, d *driver, deed lifecycle.Action) {
	t.Helper()
	k := d.only(t)
	deed.Subjects, deed.At = []string{k.Subject()}, d.now
	if _, err := d.Apply(t.Context(), deed); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Delivery.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestManyRemindersAreOneMessage(t *testing.T) {
	d := newDriverWith(t, triage.Config{RemindAfter: setting.Duration(4 * time.Hour)})
	for i := range 8 { // each in a pass of its own, so that each has its page
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		d.pass(t)
	}
	d.wait(5 * time.Hour)
	got := strings.Join(d.pass(t), "\n")
	if !strings.Contains(got, "post: Reminder: 8 problems are still open") || strings.Contains(got, "reply") {
		t.Errorf("heard:\n%s", got)
	}
	wantHeard(t, d.pass(t))
}

func TestADigestIsRememberedAsOne(t *testing.T) {
	d := newDriverWith(t, triage.Config{RemindAfter: setting.Duration(4 * time.Hour)})
	for i := range 8 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	wantHeard(t, d.pass(t), "post: 8 failures of 8 kinds")
	d.wait(5 * time.Hour)
	wantHeard(t, d.pass(t), "reply: Reminder: 8 failures of 8 kinds are still there.", "update: 8 failures of 8 kinds")
}

func TestWhatIsSnoozedComesBack(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	do(t, d, lifecycle.Action{By: "U0123", Until: d.now.Add(time.Hour)})
	if n := d.chat.said[0]; n.State != notify.Snoozed || !strings.Contains(fmt.Sprint(n.Headline), "U0123") {
		t.Errorf("said %+v", n)
	}
	d.chat.heard()
	d.wait(30 * time.Minute)
	wantHeard(t, d.pass(t))
	d.wait(30 * time.Minute)
	got := d.pass(t)
	if len(got) != 2 || !strings.HasPrefix(got[0], "reply: The snooze is over: 2 messages still there") {
		t.Errorf("heard %q", got)
	}
}

func TestARouteReplacesOrAddsAChannel(t *testing.T) {
	for _, tt := range []struct {
		name string
		also bool
		want []string
	}{
		{"replaces", false, []string{"#loyalty"}},
		{"adds", true, []string{"#bus", "#loyalty"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDriverWith(t, triage.Config{Routes: []triage.Route{
				{When: `failure.messageType.endsWith("LevelReached")`, Slack: setting.Slack{Channel: "#loyalty"}, Also: tt.also},
				{When: "true", Slack: setting.Slack{Channel: "#late"}},
			}})
			d.queues["error"].fail(1, "LevelReached", "Broken")
			d.wait(2 * time.Minute)
			if _, err := d.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			told := map[string]int{}
			for _, n := range d.chat.said {
				told[n.To]++
			}
			d.queues["error"].messages = nil
			d.chat.heard()
			d.pass(t)
			for _, to := range tt.want {
				if told[to] != 1 {
					t.Errorf("told %v, want %v", told, tt.want)
				}
			}
			if len(told) != len(tt.want) {
				t.Errorf("told %v, want %v", told, tt.want)
			}
		})
	}
}

func TestWhatIsIgnoredIsSilentUntilItsDayIsOver(t *testing.T) {
	d := newDriverWith(t, triage.Config{
		Ignore: []triage.IgnoreRule{{When: `failure.exceptionType == "Shop.CardExpired"`, Until: date(t, "2026-04-18"), Because: "known, see BILL-42"}},
		Page:   []triage.PageRule{{When: "true", Priority: "P1"}},
	})
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t))
	wantHeard(t, d.pager.heard())
	if k := d.only(t); k.Count() != 2 || k.Silence.Because != "known, see BILL-42" {
		t.Errorf("kept %+v", k.Incident)
	}
	d.now = time.Date(2026, 4, 18, 23, 50, 0, 0, time.UTC)
	wantHeard(t, d.pass(t))
	d.pager.heard() // alarms of the time without passes are ended
	d.now = time.Date(2026, 4, 19, 0, 0, 0, 0, time.UTC)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := d.chat.said[0]; n.Reason != string(reason.Unignored) {
		t.Errorf("told because %q", n.Reason)
	}
	wantHeard(t, d.chat.heard(), "post: 2 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pager.heard(), "post P1: 2 failed OrderPlaced in shop.billing: CardExpired")
}

func TestLaterIgnoreRuleSilencesAReportedIncident(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P1"})
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.pager.heard()
	rules, err := triage.NewRules(triage.Config{
		Ignore: []triage.IgnoreRule{{When: "true", Because: "known"}}, Page: []triage.PageRule{{When: "true", Priority: "P1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Rules = rules
	wantHeard(t, d.pass(t), "reply: Ignored from now on: known.", "update: 1 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pager.heard(), "close: Over: ignored from now on")
	d.queues["error"].fail(50, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t))
}

// night is a driver at four in the morning in Rome, with office hours.
func night(t *testing.T, page ...triage.PageRule) *driver {
	t.Helper()
	var rome setting.Zone
	if err := rome.UnmarshalText([]byte("Europe/Rome")); err != nil {
		t.Fatal(err)
	}
	d := newDriverWith(t, triage.Config{Page: page, Quiet: triage.Quiet{Outside: windows(t, "Mon-Fri 08:00-20:00"), Zone: rome}})
	d.now = time.Date(2026, 4, 17, 2, 0, 0, 0, time.UTC)
	return d
}

func (d *driver) morning() { d.now = time.Date(2026, 4, 17, 6, 0, 0, 0, time.UTC) }

func TestQuietHoursHoldBackWhatDoesNotPage(t *testing.T) {
	d := night(t, triage.PageRule{When: "incident.count >= 10", Priority: "P1"})
	q := d.queues["error"]
	q.fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t))
	q.fail(3, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t))
	q.fail(6, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "post: 10 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pager.heard(), "post P1: 10 failed OrderPlaced in shop.billing: CardExpired")
}

func TestHeldBackIncidentIsPostedInTheMorning(t *testing.T) {
	d := night(t)
	q := d.queues["error"]
	q.fail(4, "OrderPlaced", "CardExpired")
	d.pass(t)
	q.fail(4, "CustomerMoved", "AddressUnknown")
	d.pass(t)
	q.messages = q.messages[:4]
	wantHeard(t, d.pass(t))
	d.morning()
	wantHeard(t, d.pass(t),
		"post: 4 failed OrderPlaced in shop.billing: CardExpired",
		"post: Resolved: 4 failed CustomerMoved in shop.billing: AddressUnknown")
	wantHeard(t, d.pass(t))
}

func TestAFirstPassOverABacklogIsOneDigest(t *testing.T) {
	d := newDriver(t)
	for i := range 4 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		d.queues["shop.orders/$DeadLetterQueue"].fail(1, fmt.Sprintf("Event%c", 'J'+i), "Broken")
	}
	wantHeard(t, d.pass(t), "post: 8 failures of 8 kinds")
}

func TestAnIncidentThatEscalatesLeavesItsDigest(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "incident.count >= 5", Priority: "P2"})
	for i := range 8 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	d.queues["error"].fail(4, "EventC", "Broken")
	wantHeard(t, d.pass(t), "post: 5 failed EventC in shop.billing: Broken", "update: 7 failures of 7 kinds")
	d.queues["error"].fail(1, "EventC", "Broken")
	wantHeard(t, d.pass(t), "update: 6 failed EventC in shop.billing: Broken")
}

func TestWhatComesAndGoesIsNotOverAtOnce(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	for range 3 {
		q.fail(1, "OrderPlaced", "CardExpired")
		d.pass(t)
		q.messages = nil
		d.pass(t)
	}
	if k := d.only(t); k.Generation != 3 || !k.Alive() || k.GoneSince.IsZero() {
		t.Fatalf("life %d is %s", k.Generation, k.State)
	}
	q.fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "update: 1 failed OrderPlaced in shop.billing: CardExpired")
	q.messages = nil
	wantHeard(t, d.pass(t), "update: Gone for now: 1 failed OrderPlaced in shop.billing: CardExpired")
	d.wait(30 * time.Minute)
	got := d.pass(t)
	if len(got) != 2 || !strings.HasPrefix(got[1], "update: Resolved: 1 failed") {
		t.Errorf("heard %q", got)
	}
}

func TestItIsSaidThatMessagesDisappearSoon(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	q.fail(1, "OrderPlaced", "CardExpired")
	q.messages[0].TimeToLive = 72 * time.Hour
	d.pass(t)
	d.wait(25 * time.Hour)
	got := d.pass(t)
	if len(got) != 2 || !strings.HasPrefix(got[0], "reply: Disappears soon") {
		t.Errorf("heard %q", got)
	}
	wantHeard(t, d.pass(t))
	d.wait(48 * time.Hour)
	q.messages = nil
	got = d.pass(t)
	if len(got) != 2 || !strings.HasSuffix(got[0], "their time to live has ended.") {
		t.Errorf("heard %q", got)
	}
}

func TestLinksAreEscapedAndLeftOutWithoutAValue(t *testing.T) {
	d := newDriverWith(t, triage.Config{Links: []triage.Link{
		{Text: "Trace", URL: "https://portal.example/trace/{failure.traceId}"},
		{Text: "Runbook", URL: "https://wiki.example/{failure.exceptionType}?q={failure.exceptionMessage}"},
		{Text: "Never", URL: "https://wiki.example/", When: `failure.framework == "none"`},
	}})
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	links := d.only(t).Cause.Links
	if len(links) != 1 || links[0].URL != "https://wiki.example/Shop.CardExpired?q=no%20luck%20for%20%5Be-mail%5D" {
		t.Errorf("links %+v", links)
	}
}

func TestWhereToLookCloserIsSaid(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(3, "OrderPlaced", "CardExpired")
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range d.chat.said[0].Facts {
		if f.Name == "Look closer" && f.Value.Plain() == "busbell failures show error 3" {
			return
		}
	}
	t.Errorf("facts %+v", d.chat.said[0].Facts)
}

func TestWhoAcknowledgesInThePagerLooksAfterTheIncident(t *testing.T) {
	d := newDriverWith(t, triage.Config{RemindAfter: setting.Duration(time.Hour), Page: []triage.PageRule{{When: "true", Priority: "P2"}}})
	acknowledged := ""
	d.Acknowledged = func(_ context.Context, alias string) (string, bool, error) {
		return "ann@shop.example", alias == acknowledged, nil
	}
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	acknowledged = d.pager.said[0].Alias
	wantHeard(t, d.pass(t), "reply: Acknowledged by ann in the pager.", "update: 2 failed OrderPlaced in shop.billing: CardExpired")
	if k := d.only(t); k.State != incident.Acknowledged {
		t.Errorf("it is %s", k.State)
	}
	d.wait(2 * time.Hour)
	wantHeard(t, d.pass(t))
	d.Acknowledged = func(context.Context, string) (string, bool, error) { return "", false, errors.New("no network") }
	wantHeard(t, d.pass(t))
}

func TestAnIncidentNamesTheFeaturesThatAreHit(t *testing.T) {
	d := newDriver(t)
	d.Features = func(messageType string) []string {
		if messageType == "Shop.Orders.OrderPlaced" {
			return []string{"large order", "orders"}
		}
		return nil
	}
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.queues["error"].fail(1, "CustomerMoved", "AddressUnknown")
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, n := range d.chat.said {
		named := ""
		for _, f := range n.Facts {
			if f.Name == "Features" {
				named = f.Value.Plain()
			}
		}
		if want := map[bool]string{true: "large order, orders"}[strings.Contains(n.Headline.Plain(), "OrderPlaced")]; named != want {
			t.Errorf("%s names %q, want %q", n.Headline.Plain(), named, want)
		}
	}
}

// What is gone, and may come back, is not over while one of its places cannot
// be read.
func TestWhatMayComeBackIsNotOverWhileItsPlaceIsBlind(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	for range 3 {
		q.fail(1, "OrderPlaced", "CardExpired")
		d.pass(t)
		q.messages = nil
		d.pass(t)
	}
	q.err = errors.New("link detached")
	d.wait(time.Hour)
	d.pass(t)
	for _, k := range d.failures(t) {
		if !k.Alive() {
			t.Errorf("it is %s, and nobody could look", k.State)
		}
	}
	q.err = nil
	d.pass(t)
	for _, k := range d.failures(t) {
		if k.Alive() {
			t.Error("it is open for ever")
		}
	}
}
