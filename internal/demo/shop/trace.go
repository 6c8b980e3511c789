package shop

import (
	"fmt"
	"strings"
	"time"
)

// What Rebus 8's own frames look like below a handler, on Service Bus.
const rebusFrames = "" +
	"   at Rebus.Pipeline.Receive.HandlerInvoker`1.Invoke()\n" +
	"   at Rebus.Pipeline.Receive.DispatchIncomingMessageStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.Sagas.LoadSagaDataStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.Pipeline.Receive.ActivateHandlersStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.Pipeline.Receive.HandleRoutingSlipsStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.Pipeline.Receive.DeserializeIncomingMessageStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.DataBus.ClaimCheck.HydrateIncomingMessageStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries(IncomingStepContext context, Func`1 next, " +
	"ITransactionContext transactionContext, TransportMessage transportMessage, String messageId)"

const attempts = 5 // before Rebus gives a message up

// errorDetails is what Rebus writes into rbs2-error-details: each attempt's
// exception under the local time of the service, most of them the same.
func errorDetails(p Problem, text string, at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d unhandled exceptions: ", attempts)
	for i := range attempts {
		if i > 0 {
			b.WriteString("\n\n")
		}
		when := at.Add(time.Duration(i-attempts) * 30 * time.Millisecond)
		b.WriteString(localTime(p.Queue, when) + ": " + exception(p, text))
	}
	return b.String()
}

// exception is what .NET prints of one.
func exception(p Problem, text string) string {
	var b strings.Builder
	b.WriteString(p.Exception + ": " + text + "\n")
	if p.inner != "" {
		b.WriteString(" ---> " + p.inner + "\n")
		b.WriteString(frames(p.innerFrames))
		b.WriteString("   --- End of inner exception stack trace ---\n")
	}
	b.WriteString(frames(p.frames))
	return b.String() + rebusFrames
}

func frames(list []string) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString("   at " + f + "\n")
	}
	return b.String()
}

// localTime is a time as the culture of a service's machine prints it. ICU
// puts U+202F before AM and PM.
func localTime(queue string, t time.Time) string {
	if queue == Shipping { // a container: invariant culture, UTC
		return t.UTC().Format("01/02/2006 15:04:05 -07:00")
	}
	t = t.In(time.FixedZone("", 3600))
	switch queue {
	case Billing: // en-US
		return t.Format("1/2/2006 3:04:05\u202fPM -07:00")
	case Loyalty: // da-DK
		return t.Format("02.01.2006 15.04.05 -07:00")
	default: // sv-SE
		return t.Format("2006-01-02 15:04:05 -07:00")
	}
}
