package errorqueue

import "strings"

// Beside are the places to watch besides those that a configuration names: a
// queue that holds failures may dead-letter them itself, and one of our own
// queues what we could not take.
func Beside(named []Place, own ...string) []Place {
	there := map[string]bool{}
	for _, p := range named {
		there[strings.ToLower(p.Entity())] = true
	}
	var places []Place
	add := func(queue string) {
		p := Place{Queue: queue, DeadLetter: true}
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
func asked(readings []*reading) []*reading {
	var named []*reading
	for _, r := range readings {
		if !r.unasked {
			named = append(named, r)
		}
	}
	return named
}
