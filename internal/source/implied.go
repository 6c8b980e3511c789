package source

import "strings"

// Implied returns the sources to scan besides the configured ones. A queue of
// failures may dead-letter them itself, and Busbell's own queue dead-letters
// messages that its function could not handle.
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
