package source

import "strings"

// Implied are the sources to scan besides those that a configuration names: a
// queue that holds failures may dead-letter them itself, and a queue of our own
// what our function could not handle.
func Implied(named []Source, own ...string) []Source {
	there := map[string]bool{}
	for _, p := range named {
		there[strings.ToLower(p.Entity())] = true
	}
	var sources []Source
	add := func(queue string) {
		p := Source{Queue: queue, DeadLetter: true}
		if entity := strings.ToLower(p.Entity()); queue != "" && !there[entity] {
			sources, there[entity] = append(sources, p), true
		}
	}
	for _, p := range named {
		if !p.SubQueue() {
			add(p.Queue)
		}
	}
	for _, queue := range own {
		add(queue)
	}
	return sources
}
