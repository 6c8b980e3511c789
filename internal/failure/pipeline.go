package failure

import (
	"strings"

	"github.com/busbell/busbell/internal/message"
)

// pipeline reports whether a frame belongs to the framework that handled the
// message, or to code that it generated.
func pipeline(f message.Framework, name string) bool {
	switch f {
	case message.Rebus:
		return strings.HasPrefix(name, "Rebus.")
	case message.NServiceBus:
		return strings.HasPrefix(name, "NServiceBus.")
	case message.MassTransit:
		return strings.HasPrefix(name, "MassTransit.")
	case message.Wolverine:
		return strings.HasPrefix(name, "Wolverine.") || strings.HasPrefix(name, "Internal.Generated.")
	case message.Brighter:
		return strings.HasPrefix(name, "Paramore.")
	case message.Dapr:
		return strings.HasPrefix(name, "Dapr.")
	default:
		return false
	}
}

// receiving reports whether a frame of the framework is one of those through
// which a message comes in, by the words that their types and parameters have.
func receiving(line string) bool {
	if strings.Contains(line, ".IncomingContext.") {
		return false // by which NServiceBus' handlers send
	}
	for _, word := range []string{"Receiv", "Incoming", "Deserializ", "Handler", ".Retry."} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}
