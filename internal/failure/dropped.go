package failure

import (
	"maps"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/message"
)

// faultProperties are, for each framework, the application properties that
// tell of a failure and must not travel back with the message. A name that
// ends in * stands for all that begin so.
var faultProperties = map[message.Framework][]string{
	message.Rebus: {
		"rbs2-error-details", // a long one can block the message in its queue when it is abandoned again
		"rbs2-source-queue",
		"rbs2-delivery-count",                                             // a stale one is rejected before any handler runs
		"rbs2-deferred-until", "rbs2-defer-recipient", "rbs2-defer-count", // a future one hides the next failure
	},
	message.NServiceBus: {
		"NServiceBus.Retries*", "NServiceBus.FLRetries*", "NServiceBus.FailedQ*", "NServiceBus.TimeOfFailure*", "NServiceBus.ExceptionInfo.*",
		"ServiceControl.EditOf*",
		"ServiceControl.Retry.AcknowledgementQueue", // if that queue is gone, the handler runs again and again
	},
	message.MassTransit: {"MT-Fault-*", "MT-Host-*", "MT-Reason"},
	message.Wolverine: {
		"exception-type", "exception-message", "exception-stack", "failed-at", "original-destination",
		"attempts", // kept, the message gets fewer of them
	},
}

// brokerProperties are written by whoever dead-lettered a message.
var brokerProperties = []string{deadLetterReason, deadLetterDescription}

// dropped lists those of a message's properties that must not travel back.
func dropped(m *message.Message, framework message.Framework) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(m.Properties)) {
		if slices.ContainsFunc(brokerProperties, named(key)) || slices.ContainsFunc(faultProperties[framework], named(key)) {
			out = append(out, key)
		}
	}
	return out
}

// named tells the patterns that stand for a property.
func named(key string) func(string) bool {
	return func(pattern string) bool {
		prefix, all := strings.CutSuffix(pattern, "*")
		return all && strings.HasPrefix(key, prefix) || key == pattern
	}
}
