package failure

import (
	"net/url"
	"strings"
)

// addressedPath is the whole path of an address, unescaped: the name of a
// queue may hold slashes. Settings behind a ? are left out.
func addressedPath(address string) string {
	_, path := splitAddress(address)
	return unescaped(path)
}

// wolverineQueue is the queue of Wolverine's "asb://queue/team%2Forders", or
// the subscription of its "asb://topic/orders/billing".
func wolverineQueue(address string) string {
	host, path := splitAddress(address)
	if topic, subscription, ok := strings.Cut(path, "/"); ok && host == "topic" {
		return unescaped(topic) + "/Subscriptions/" + unescaped(subscription)
	}
	return unescaped(path)
}

// splitAddress takes an address apart into host and path, neither of them
// unescaped. Without a scheme all of it is the path.
func splitAddress(address string) (host, path string) {
	address, _, _ = strings.Cut(address, "?")
	if _, rest, ok := strings.Cut(address, "://"); ok {
		host, path, _ = strings.Cut(rest, "/")
	} else {
		path = strings.TrimPrefix(address, "queue:") // MassTransit's short form
	}
	return host, strings.Trim(path, "/")
}

// unescaped is a part of an address as the broker knows it.
func unescaped(part string) string {
	if name, err := url.PathUnescape(part); err == nil {
		return name
	}
	return part
}
