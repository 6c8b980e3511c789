package servicebus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/setting"
)

// explain says what could not be read, why, and what to do about it.
func (c *Client) explain(entity string, err error) error {
	kind := classify(err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("read %s: %w", entity, err)
	case kind == nil:
		return fmt.Errorf("read %s: %w", entity, detail{err})
	}
	return setting.Cure(fmt.Errorf("read %s: %w (%w)", entity, kind, detail{err}), c.cure(kind, entity))
}

// classify knows the errors that somebody can do something about; nil is none
// of them. What is refused when a link is attached the SDK hands on as the
// bare AMQP error, what is refused later as one of its own.
func classify(err error) error {
	if _, ended := errors.AsType[*amqp.ConnError](err); ended {
		return message.ErrAway // whatever the condition says, it is not about the entity
	}
	if known, ok := errors.AsType[*amqp.Error](err); ok {
		switch known.Condition {
		case amqp.ErrCondNotFound:
			return message.ErrMissing
		case amqp.ErrCondUnauthorizedAccess:
			return message.ErrForbidden
		case "com.microsoft:entity-disabled":
			return message.ErrDisabled
		case amqp.ErrCondNotAllowed:
			return message.ErrNeedsSession
		case "com.microsoft:server-busy", amqp.ErrCondResourceLimitExceeded:
			return message.ErrBusy
		}
	}
	if known, ok := errors.AsType[*azservicebus.Error](err); ok {
		switch known.Code {
		case azservicebus.CodeNotFound:
			return message.ErrMissing
		case azservicebus.CodeUnauthorizedAccess:
			return message.ErrForbidden
		case azservicebus.CodeConnectionLost:
			if !signIn.MatchString(err.Error()) { // the SDK calls that lost, too
				return message.ErrAway
			}
		}
	}
	if answer, ok := errors.AsType[rpcError](err); ok && answer.RPCCode() == http.StatusServiceUnavailable {
		return message.ErrBusy
	}
	return nil
}

// rpcError is what the SDK makes of an answer to a request of ours.
type rpcError interface {
	error
	RPCCode() int
}

// cure is what to do about a kind of error.
func (c *Client) cure(kind error, entity string) string {
	const role = `the role "Azure Service Bus Data Receiver"`
	right := "give the key of the setting ServiceBus the Listen right, or use an identity that has " + role
	if c.namespace != "" {
		right = fmt.Sprintf("give Busbell's identity %s on the namespace %s, or on %s alone", role, c.namespace, entity)
	}
	return map[error]string{
		message.ErrMissing:      "create it or correct watch.sources",
		message.ErrForbidden:    right,
		message.ErrDisabled:     "enable it or take it out of watch.sources",
		message.ErrNeedsSession: "Busbell reads without sessions; let failures go to a queue without them, or watch its dead-letter queue, which has none",
		message.ErrAway:         "check the name of the namespace, and whether AMQP (port 5671, of an emulator 5672) gets out to it",
		message.ErrBusy: "it throttles what asks too much of the namespace; the next pass tries again, " +
			"and if this stays, look who else reads, or scale the namespace up",
	}[kind]
}

// A detail is an error of the SDK without what differs each time and helps
// only Microsoft.
type detail struct{ error }

var (
	// signIn is in what Azure's libraries say where they cannot sign in.
	signIn = regexp.MustCompile(`\b\w+Credential\b`)

	code  = regexp.MustCompile(`^\(\w+\): `) // of the SDK, in front
	bare  = regexp.MustCompile(`(?s)^.*\*Error\{Condition: ([^,]*), Description: (.*), Info: map\[.*$`)
	noise = regexp.MustCompile(`(?i)[.,;]?\s*\b(for more information|to know more|tracking ?id|reference|systemtracker|timestamp)\b[^)\]}]*`)
)

func (d detail) Error() string {
	text := bare.ReplaceAllString(code.ReplaceAllString(d.error.Error(), ""), "$1: $2")
	return noise.ReplaceAllString(text, "")
}

func (d detail) Unwrap() error { return d.error }
