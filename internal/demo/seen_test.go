package demo

import (
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

// said is a message that first said one thing and then others.
func said(texts ...string) slack.Message {
	last := len(texts) - 1
	m := slack.Message{Content: slack.Content{Text: texts[last]}}
	for _, text := range texts[:last] {
		m.Edits = append(m.Edits, slack.Edit{Content: slack.Content{Text: text}})
	}
	return m
}

func TestJudgeNamesWhatWasNotSeen(t *testing.T) {
	const (
		billingOpen = ":red_circle: 6 failed *ChargeCustomer* in *shop.billing*: CardGatewayException"
		billingOver = ":white_check_mark: Resolved: 6 failed *ChargeCustomer* in *shop.billing*: CardGatewayException"
		orderOpen   = ":red_circle: 3 failed *PlaceOrder* in *shop.orders*: NpgsqlException"
		ada         = ":tada: Ada L. reached Gold"
	)
	alert := func(status string) opsgenie.Alert {
		return opsgenie.Alert{Status: status, Create: opsgenie.Create{Message: "6 failed ChargeCustomer in shop.billing: CardGatewayException"}}
	}
	for _, tt := range []struct {
		name  string
		chat  []slack.Message
		pager []opsgenie.Alert
		want  []string
	}{
		{"nothing", nil, nil, []string{"an incident", "its page", "its resolution", "a milestone"}},
		{"all", []slack.Message{said(billingOpen, billingOver), said(ada)}, []opsgenie.Alert{alert("closed")}, nil},
		{"alert left open", []slack.Message{said(billingOpen, billingOver), said(ada)}, []opsgenie.Alert{alert("open")}, []string{"its resolution"}},
		{"message left open", []slack.Message{said(billingOpen), said(ada)}, []opsgenie.Alert{alert("closed")}, []string{"its resolution"}},
		{"the page of another incident", []slack.Message{said(orderOpen), said(ada)}, []opsgenie.Alert{alert("open")}, []string{"its page", "its resolution"}},
		{"no milestone", []slack.Message{said(billingOpen, billingOver)}, []opsgenie.Alert{alert("closed")}, []string{"a milestone"}},
		{"a complaint", []slack.Message{said("Busbell is not set up: busbell.yaml:3:1: …")}, nil, []string{"an incident", "its page", "its resolution", "a milestone"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			chat := slack.Snapshot{Channels: []slack.Channel{{Name: "bus-errors", Messages: tt.chat}}}
			got := judge(chat, opsgenie.Snapshot{Alerts: tt.pager}).missing()
			if !slices.Equal(got, tt.want) {
				t.Errorf("missing %q, want %q", got, tt.want)
			}
		})
	}
}
