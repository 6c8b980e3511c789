package servicebus

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

const (
	deadLetter         = "/$DeadLetterQueue"
	transferDeadLetter = "/$Transfer/$DeadLetterQueue"
	subscriptions      = "/Subscriptions/"
)

// receiver opens a receiver for an entity's path. Opening does not connect.
func (u *connection) receiver(entity string) (*azservicebus.Receiver, error) {
	options := &azservicebus.ReceiverOptions{}
	path := entity
	if rest, ok := cutSuffixFold(path, transferDeadLetter); ok {
		path, options.SubQueue = rest, azservicebus.SubQueueTransfer
	} else if rest, ok := cutSuffixFold(path, deadLetter); ok {
		path, options.SubQueue = rest, azservicebus.SubQueueDeadLetter
	}
	if at := strings.LastIndex(strings.ToLower(path), strings.ToLower(subscriptions)); at >= 0 {
		return u.sdk.NewReceiverForSubscription(path[:at], path[at+len(subscriptions):], options)
	}
	return u.sdk.NewReceiverForQueue(path, options)
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at < 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}
