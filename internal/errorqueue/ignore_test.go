package errorqueue_test

import (
	"testing"

	"github.com/busbell/busbell/internal/triage"
)

// obey lets the watch go by other rules from now on.
func (d *driver) obey(t *testing.T, cfg triage.Config) {
	t.Helper()
	rules, err := triage.NewRules(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.Rules = rules
}

// What was told and paged, then ignored, is told and paged again when that is
// over, though its page is there already.
func TestReportedIncidentIsReportedAgainAfterIgnoreEnds(t *testing.T) {
	page := []triage.PageRule{{When: "true", Priority: "P1"}}
	d := newDriverWith(t, triage.Config{Page: page})
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.pager.heard()
	d.obey(t, triage.Config{Page: page, Ignore: []triage.IgnoreRule{{When: "true", Because: "known"}}})
	d.pass(t)
	wantHeard(t, d.pager.heard(), "close: Over: ignored from now on")
	d.obey(t, triage.Config{Page: page})
	wantHeard(t, d.pass(t),
		"reply: Escalated to P1.",
		"reply: No longer ignored: 1 message still there, the oldest for 31m.",
		"update: 1 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pager.heard(), "post P1: 1 failed OrderPlaced in shop.billing: CardExpired")
	d.queues["error"].messages = nil
	d.pass(t)
	wantHeard(t, d.pager.heard(), "close: Over: resolved")
}

func TestTheMessageOfWhatEndsWhileIgnoredSaysSo(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.obey(t, triage.Config{Ignore: []triage.IgnoreRule{{When: "true", Because: "known"}}})
	d.pass(t)
	d.queues["error"].messages = nil
	wantHeard(t, d.pass(t), "update: Resolved: 1 failed OrderPlaced in shop.billing: CardExpired")
}
