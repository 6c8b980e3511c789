package triage_test

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

func TestRulesSeeReasonAndDescription(t *testing.T) {
	at := source.Source{Queue: "billing", DeadLetter: true}
	now := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	letter := func(reason, description string) message.Message {
		return message.Message{Entity: at.Entity(), Subject: "Shop.OrderPlaced", EnqueuedAt: now, SequenceNumber: 1, Properties: map[string]any{
			"DeadLetterReason": reason, "DeadLetterErrorDescription": description,
		}}
	}
	rules, err := triage.NewRules(triage.Config{
		Page:         []triage.PageRule{{When: `failure.reason == "CardRefused" && failure.description.contains("gateway")`, Priority: "P1"}},
		Fingerprints: []triage.FingerprintRule{{When: `failure.reason == "CardRefused"`, By: "failure.description"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	triager := triage.Triage{Reader: failure.NewReader(failure.Config{}), Masker: masker, Rules: rules}
	read := func(reason, description string) (priority, fingerprint string) {
		m := letter(reason, description)
		f := triager.Understand(&m, now)
		groups := triage.Groups{}
		fingerprint = rules.Fingerprint(f, at)
		g := groups.Add(fingerprint, f, &m)
		triager.DropBodies(groups) // rules are asked when the message is gone
		return rules.Priority(triage.Vars(g.Failure, at, condition.Incident{Count: 1})), fingerprint
	}
	priority, gateway := read("CardRefused", "the gateway is away")
	if priority != "P1" {
		t.Errorf("priority %q, want P1", priority)
	}
	priority, bank := read("CardRefused", "the bank is away")
	if priority != "" || bank == gateway {
		t.Errorf("priority %q, want none; one problem: %v", priority, bank == gateway)
	}
	if priority, _ := read("Expired", "the gateway is away"); priority != "" {
		t.Errorf("priority %q, want none", priority)
	}
}
