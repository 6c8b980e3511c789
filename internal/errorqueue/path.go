package errorqueue

import "strings"

// ParsePlace reads the broker's path of a place, as [Place.Entity] writes it.
// It takes any text: what is no path of a sub-queue or a subscription is the
// name of a queue.
func ParsePlace(entity string) Place {
	var p Place
	if rest, ok := cutSuffixFold(entity, "/$Transfer/$DeadLetterQueue"); ok {
		entity, p.TransferDeadLetter = rest, true
	} else if rest, ok := cutSuffixFold(entity, "/$DeadLetterQueue"); ok {
		entity, p.DeadLetter = rest, true
	}
	const between = "/subscriptions/"
	if at := strings.LastIndex(strings.ToLower(entity), between); at > 0 && at+len(between) < len(entity) {
		p.Topic, p.Subscription = entity[:at], entity[at+len(between):]
	} else {
		p.Queue = entity
	}
	return p
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at <= 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}
