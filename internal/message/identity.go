package message

import "strings"

// Identity is which message it is, over retries and re-sends: the
// framework's own id, which a return or a redelivery keeps, else MessageId.
func (m *Message) Identity() string {
	id := ""
	switch m.Framework() {
	case Rebus:
		id = m.Text("rbs2-msg-id")
	case NServiceBus:
		id = m.Text("NServiceBus.MessageId")
	case MassTransit:
		_, id = m.envelope()
	}
	if id == "" {
		return m.ID
	}
	return id
}

// traces are the properties in which senders carry W3C's traceparent. The
// two first are the Azure SDK's and OpenTelemetry's.
var traces = []string{"Diagnostic-Id", "traceparent", "MT-Activity-Id", "parent-id", "cloudEvents:traceparent", "cloudEvents_traceparent"}

// TraceID is the W3C trace id that the message carries, 32 lower-case hex
// digits, or "".
func (m *Message) TraceID() string {
	for _, p := range traces {
		if id := traceID(m.Text(p)); id != "" {
			return id
		}
	}
	if ce, ok := m.cloudEvent(); ok {
		return traceID(ce.traceparent)
	}
	return ""
}

// traceID takes the second field of 00-<32 hex>-<16 hex>-<2 hex>.
func traceID(parent string) string {
	if len(parent) < 52 || parent[2] != '-' || parent[35] != '-' {
		return ""
	}
	id := parent[3:35]
	zero := true
	for i := range len(id) {
		c := id[i] | 0x20
		if !digit(id[i]) && (c < 'a' || c > 'f') {
			return ""
		}
		zero = zero && id[i] == '0'
	}
	if zero {
		return ""
	}
	return strings.ToLower(id)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
