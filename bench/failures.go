package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/message"
)

// A kind says what failures a bench makes: how many problems are behind them,
// and how many bytes of headers and body each has.
type kind struct{ problems, size int }

// rebusFrames are those below a handler in every trace.
const rebusFrames = `   at Rebus.Pipeline.Receive.HandlerInvoker` + "`1" + `.Invoke()
   at Rebus.Pipeline.Receive.DispatchIncomingMessageStep.Process(IncomingStepContext context, Func` + "`1" + ` next)
   at Rebus.Sagas.LoadSagaDataStep.Process(IncomingStepContext context, Func` + "`1" + ` next)
   at Rebus.Pipeline.Receive.ActivateHandlersStep.Process(IncomingStepContext context, Func` + "`1" + ` next)
   at Rebus.Pipeline.Receive.HandleRoutingSlipsStep.Process(IncomingStepContext context, Func` + "`1" + ` next)
   at Rebus.Pipeline.Receive.DeserializeIncomingMessageStep.Process(IncomingStepContext context, Func` + "`1" + ` next)
   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries(IncomingStepContext context, Func` + "`1" + ` next, ITransactionContext transactionContext)`

// exception is the text of one attempt. Nothing in it but the order's number
// differs between the failures of one problem.
func (k kind) exception(i int) string {
	p := i % k.problems
	text := fmt.Sprintf("Shop.Billing.Gateway.CardGatewayException: Card gateway refused the charge for order %d of ada@shop.example: 503\n", 40_000+i) +
		fmt.Sprintf("   at Shop.Billing.Gateway.Route%d.ChargeAsync(ChargeRequest request, CancellationToken token) in /src/Shop.Billing/Gateway/Route%[1]d.cs:line 87\n", p) +
		fmt.Sprintf("   at Shop.Billing.Handlers.Charge%dHandler.Handle(Charge%[1]d message) in /src/Shop.Billing/Handlers/Charge%[1]dHandler.cs:line 41\n", p)
	if k.size >= 2000 {
		return text + rebusFrames
	}
	return text + rebusFrames[:strings.IndexByte(rebusFrames, '\n')]
}

// failure is a failed message as Rebus leaves it in its error queue: as many
// attempts as fit into its size, up to the five that Rebus makes by default
// and beyond, then a body that fills the rest.
func (k kind) failure(i int) (map[string]any, []byte) {
	id := fmt.Sprintf("%08x-51b0-4c6e-9d2c-%012x", i, i)
	at := time.Date(2026, 4, 17, 8, 34, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond)
	one := k.exception(i)
	attempts := max(1, (k.size-900)/(len(one)+32))
	var details strings.Builder
	fmt.Fprintf(&details, "%d unhandled exceptions: ", attempts)
	for n := range attempts {
		if n > 0 {
			details.WriteString("\n\n")
		}
		details.WriteString(at.Add(time.Duration(n-attempts)*30*time.Millisecond).Format("01/02/2006 15:04:05 -07:00") + ": " + one)
	}
	properties := map[string]any{
		"rbs2-msg-id": id, "rbs2-corr-id": id, "rbs2-corr-seq": "0", "rbs2-intent": "p2p",
		"rbs2-msg-type":      fmt.Sprintf("Shop.Billing.Charge%d, Shop.Billing", i%k.problems),
		"rbs2-senttime":      at.Add(-time.Second).Format("2006-01-02T15:04:05.0000000-07:00"),
		"rbs2-source-queue":  "shop.billing",
		"rbs2-error-details": details.String(), "rbs2-content-type": "application/json;charset=utf-8",
		"rbs2-return-address": "shop.orders", "rbs2-sender-address": "shop.orders",
	}
	body := fmt.Sprintf(`{"OrderId":%d,"CustomerId":"c-%d","Note":"`, 40_000+i, i%900+100)
	rest := k.size - len(body) - 2
	for name, v := range properties {
		rest -= len(name) + len(v.(string))
	}
	return properties, []byte(body + strings.Repeat("n", max(rest, 0)) + `"}`)
}

// sent is the failure as the SDK sends it.
func (k kind) sent(i int) *azservicebus.Message {
	properties, body := k.failure(i)
	id := properties["rbs2-msg-id"].(string)
	return &azservicebus.Message{
		MessageID: &id, CorrelationID: &id, ContentType: new("application/json;charset=utf-8"),
		ApplicationProperties: properties, Body: body,
	}
}

// peeked is the failure as it is read.
func (k kind) peeked(i int) message.Message {
	properties, body := k.failure(i)
	return message.Message{
		Entity: "error", ID: properties["rbs2-msg-id"].(string), SequenceNumber: int64(i + 1),
		EnqueuedAt: time.Date(2026, 4, 17, 8, 34, 1, 0, time.UTC), Properties: properties, Body: body,
	}
}
