package servicebus

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"
)

// explain says what could not be read, why, and what to do about it.
func explain(entity string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("read %s: %w", entity, err)
	}
	if cure := cure(err); cure != "" {
		return fmt.Errorf("read %s: %s (%w)", entity, cure, err)
	}
	return fmt.Errorf("read %s: %w", entity, err)
}

// cure knows the errors that somebody can do something about. A missing
// entity is refused at attach, where the SDK hands on the bare AMQP error.
func cure(err error) string {
	if known, ok := errors.AsType[*amqp.Error](err); ok {
		switch known.Condition {
		case amqp.ErrCondNotFound:
			return "it does not exist in this namespace; create it or correct watch.sources"
		case amqp.ErrCondUnauthorizedAccess:
			return `not allowed; give the identity the role "Azure Service Bus Data Receiver", or the key the Listen right`
		case "com.microsoft:entity-disabled":
			return "it is disabled; enable it or take it out of watch.sources"
		case amqp.ErrCondNotAllowed:
			return "it cannot be read without a session"
		}
	}
	if known, ok := errors.AsType[*azservicebus.Error](err); ok {
		switch known.Code {
		case azservicebus.CodeNotFound:
			return "it does not exist in this namespace; create it or correct watch.sources"
		case azservicebus.CodeUnauthorizedAccess:
			return `not allowed; give the identity the role "Azure Service Bus Data Receiver", or the key the Listen right`
		case azservicebus.CodeConnectionLost:
			return "the connection was lost"
		}
	}
	return ""
}
