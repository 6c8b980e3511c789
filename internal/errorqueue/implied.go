package errorqueue

import "strings"

// Beside are the places to watch besides those that a configuration names: a
// queue that holds failures may dead-letter them itself, and one of our own
// queues what we could not take.
func Implied(named []Source, own ...string) []Source {
	there := map[string]bool{}
	for _, p := range named {
		there[strings.ToLower(p.Entity())] = true
	}
	var places []Source
	add := func(queue string) {
		p := Source{Queue: queue, DeadLetter: true}
		if entity := strings.ToLower(p.Entity()); queue != "" && !there[entity] {
			places, there[entity] = append(places, p), true
		}
	}
	for _, p := range named {
		if !p.subQueue() {
			add(p.Queue)
		}
	}
	for _, queue := range own {
		add(queue)
	}
	return places
}

// asked are the readings of places that the configuration names.
func named(readings []*scanResult) []*scanResult {
	var named []*scanResult
	for _, r := range readings {
		if !r.implied {
			named = append(named, r)
		}
	}
	return named
}
