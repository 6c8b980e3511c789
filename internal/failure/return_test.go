package failure_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

func props(pairs ...string) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func TestAReturnDropsWhatTellsOfTheFailureAndNothingElse(t *testing.T) {
	for _, tt := range []struct {
		name  string
		m     message.Message
		to    string
		newID bool
		drop  []string
	}{
		{
			"rebus",
			message.Message{Entity: "error", Properties: props(
				"rbs2-msg-id", "1", "rbs2-msg-type", "Shop.A, Shop", "rbs2-source-queue", "shop.billing", "rbs2-error-details", "x: y",
				"rbs2-delivery-count", "9", "rbs2-deferred-until", "2026-04-17T08:00:00Z", "rbs2-corr-id", "1", "rbs2-content-encoding", "gzip", "tenant", "t1")},
			"shop.billing", false,
			[]string{"rbs2-deferred-until", "rbs2-delivery-count", "rbs2-error-details", "rbs2-source-queue"},
		},
		{
			"rebus, native dead letter",
			message.Message{Entity: "shop.billing/$DeadLetterQueue", Properties: props(
				"rbs2-msg-id", "1", "rbs2-msg-type", "Shop.A, Shop", "DeadLetterReason", "x", "DeadLetterErrorDescription", "y")},
			"shop.billing", false,
			[]string{"DeadLetterErrorDescription", "DeadLetterReason"},
		},
		{
			"nservicebus",
			message.Message{Entity: "error", Properties: props(
				"NServiceBus.MessageId", "1", "NServiceBus.EnclosedMessageTypes", "Shop.A, Shop", "NServiceBus.FailedQ", "shop.billing",
				"NServiceBus.TimeOfFailure", "t", "NServiceBus.ExceptionInfo.Data.Handler type", "h", "NServiceBus.Retries.Timestamp", "t",
				"NServiceBus.ConversationId", "c", "ServiceControl.Retry.AcknowledgementQueue", "acks", "ServiceControl.Retry.UniqueMessageId", "u")},
			"shop.billing", true,
			[]string{
				"NServiceBus.ExceptionInfo.Data.Handler type", "NServiceBus.FailedQ", "NServiceBus.Retries.Timestamp",
				"NServiceBus.TimeOfFailure", "ServiceControl.Retry.AcknowledgementQueue",
			},
		},
		{
			"masstransit",
			message.Message{
				Entity: "billing_error", ContentType: "application/vnd.masstransit+json", Properties: props(
					"MT-Reason", "fault", "MT-Fault-Message", "m", "MT-Fault-InputAddress", "sb://ns/billing", "MT-Host-MachineName", "h", "tenant", "t1"),
				Body: []byte(`{"messageType":["urn:message:Shop:A"],"message":{}}`),
			},
			"billing", false,
			[]string{"MT-Fault-InputAddress", "MT-Fault-Message", "MT-Host-MachineName", "MT-Reason"},
		},
		{
			"wolverine",
			message.Message{Entity: "wolverine-dead-letter-queue", Subject: "Shop.A", Properties: props(
				"exception-type", "X", "exception-message", "m", "failed-at", "1776414853123", "original-destination", "asb://queue/orders",
				"attempts", "3", "conversation-id", "c")},
			"orders", false,
			[]string{"attempts", "exception-message", "exception-type", "failed-at", "original-destination"},
		},
		{
			"plain",
			message.Message{Entity: "orders/$DeadLetterQueue", Subject: "A", Properties: props("DeadLetterReason", "MaxDeliveryCountExceeded", "Diagnostic-Id", "00-…")},
			"orders", false,
			[]string{"DeadLetterReason"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := failure.NewReader(failure.Config{}).Return(&tt.m)
			if got.To != tt.to || got.NewID != tt.newID || !slices.Equal(got.Drop, tt.drop) || got.Refuse != "" || got.Topic {
				t.Errorf("got %+v; want to %s, new id %v, drop %q", got, tt.to, tt.newID, tt.drop)
			}
		})
	}
}

func TestAReturnThatWouldDoHarmIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    message.Message
		want string
	}{
		{"an acknowledgement", message.Message{Entity: "error", Properties: props("NServiceBus.ControlMessage", "True", "ServiceControl.Retry.Successful", "2026-04-29 22:10:00:000001 Z")}, "no failed message"},
		{"nobody knows where it failed", message.Message{Entity: "error", Subject: "A"}, "where it failed"},
		{
			"raw JSON of MassTransit without a type",
			message.Message{Entity: "billing_error", ContentType: "application/json", Properties: props("MT-Reason", "fault", "MT-Fault-InputAddress", "sb://ns/billing")},
			"every consumer",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := failure.NewReader(failure.Config{}).Return(&tt.m)
			if !strings.Contains(got.Refuse, tt.want) {
				t.Errorf("refused because %q, want %q", got.Refuse, tt.want)
			}
		})
	}
}

func TestRawJSONOfMassTransitGetsItsTypeBack(t *testing.T) {
	m := message.Message{Entity: "billing_error", ContentType: "application/json", Properties: props(
		"MT-Reason", "fault", "MT-Fault-InputAddress", "sb://ns/billing", "MT-Fault-MessageType", "Shop.Orders.Contracts.OrderPlaced")}
	got := failure.NewReader(failure.Config{}).Return(&m)
	if want := "urn:message:Shop.Orders.Contracts:OrderPlaced"; got.Set["MT-MessageType"] != want || got.Refuse != "" {
		t.Errorf("set %v, refused %q; want %s", got.Set, got.Refuse, want)
	}
}

func TestAReturnToASubscriptionSaysWhoGetsIt(t *testing.T) {
	m := message.Message{Entity: "orders/Subscriptions/billing/$DeadLetterQueue", Subject: "A"}
	got := failure.NewReader(failure.Config{}).Return(&m)
	if got.To != "orders" || !got.Topic || len(got.Warnings) != 1 {
		t.Errorf("got %+v", got)
	}
}
