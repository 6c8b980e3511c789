package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// private is a configuration that shows a field, masks by a pattern of its
// own, and says what it can of an event.
const private = `
environment: e2e
watch:
  sources:
    - queue: error
    - {queue: shop.billing, deadLetter: true, name: billing}
  slack: {channel: "#bus-errors"}
  page: [{when: "true", priority: P2}]
  fingerprints: [{when: 'failure.framework == "nservicebus"', by: failure.exceptionMessage}]
  links: [{text: Order, url: "https://portal.example/{failure.handler}/{failure.identity}"}]
privacy: {show: [OrderId], mask: [{name: customer number, pattern: 'C-\d{6}'}], text: TEXT}
features:
  - {name: reached, event: Shop.Loyalty.*, say: "{event.Name} of {event.Mail} {event.Note} {headers.note}", slack: {channel: "#milestones"}}
`

// secrets must be seen nowhere outside; telling is a text that holds them all.
var (
	secrets = []string{
		"anna.rossi@shop.example", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "4111 1111 1111 1111", "4111111111111111",
		"+39 06 1234 5678", "hunter2hunter2", "abcdef0123456789", "C-771771",
	}
	telling = strings.NewReplacer("\n", " ").Replace(`no: anna.rossi@shop.example, IBAN DE89 3704 0044 0532 0130 00 or DE89370400440532013000, card 4111 1111 1111 1111 or
4111111111111111, call +39 06 1234 5678, Server=db;Password=hunter2hunter2; Authorization: Bearer abcdef0123456789, of C-771771`)
)

// telltale messages hold the secrets wherever a message can hold a text.
func telltale() []*azservicebus.Message {
	body := fmt.Sprintf(`{"OrderId":40318,"Email":"anna.rossi@shop.example","Note":%q}`, telling)
	var all []*azservicebus.Message
	for i, properties := range []map[string]any{
		{
			"rbs2-msg-id": "anna.rossi@shop.example", "rbs2-msg-type": "Shop.Orders.OrderPlaced, Shop.Orders", "rbs2-source-queue": "shop.billing", "note": telling,
			"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.Refused: " + telling + "\n   at Shop.H.Handle()\n   at Rebus.X.Y()",
		},
		{"rbs2-msg-id": "2", "rbs2-msg-type": "anna.rossi@shop.example", "rbs2-source-queue": "anna.rossi@shop.example", "rbs2-error-details": telling},
		{
			"NServiceBus.MessageId": "3", "NServiceBus.FailedQ": "shop.billing", "NServiceBus.ExceptionInfo.ExceptionType": "Shop.Refused",
			"NServiceBus.ExceptionInfo.Message": telling, "NServiceBus.ExceptionInfo.StackTrace": "Shop.Refused: " + telling + "\n   at Shop.H.Handle()",
			"NServiceBus.ExceptionInfo.Data.Handler type": telling,
		},
		{"MT-Reason": "fault", "MT-Fault-ExceptionType": "Shop.Refused", "MT-Fault-Message": telling, "MT-Fault-ConsumerType": "anna.rossi@shop.example"},
		{"exception-type": "anna.rossi@shop.example", "exception-message": telling, "exception-stack": telling, "failed-at": "1776414853123"},
	} {
		id, subject := fmt.Sprintf("anna.rossi@shop.example/%d", i), "anna.rossi@shop.example"
		all = append(all, &azservicebus.Message{MessageID: &id, Subject: &subject, Body: []byte(body), ApplicationProperties: properties})
	}
	return all
}

// What is masked leaves by no way: no request, no log line. The world looks
// for it when it ends.
func TestNothingMaskedLeaves(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"masked", "hidden"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.leaks = append(w.leaks, secrets...)
			h := w.start(strings.Replace(private, "TEXT", text, 1))
			w.send("error", telltale()...)
			w.send("shop.billing", telltale()[0])
			w.deadLetter("shop.billing", telling)
			h.pass()
			h.deliver(event{"anna.rossi@shop.example", "Shop.Loyalty.Reached", fmt.Sprintf(`{"Name":"C-771771","Mail":"anna.rossi@shop.example","Note":%q}`, strings.Replace(telling, "no:", "yes:", 1))}, "1")
			h.deliver(event{"2", "Shop.Loyalty.Reached", telling}, "1") // no JSON
			w.send("error", telltale()...)
			h.pass()
			w.take("error")
			h.pass()
			if n := len(w.roots("bus-errors")) + len(w.roots("milestones")); n < 3 {
				t.Errorf("only %d messages", n)
			}
			if len(w.pager.Snapshot().Alerts) == 0 {
				t.Error("nobody was paged")
			}
			all := strings.Join(w.recorder.sent(), "\n")
			if !strings.Contains(all, "[e-mail]") || !strings.Contains(all, "40318") {
				t.Error("nothing that was masked, or shown, was sent")
			}
			if hidden := text == "hidden"; strings.Contains(all, "no: [e-mail]") == hidden {
				t.Errorf("texts hidden: %v", !hidden)
			}
		})
	}
}
