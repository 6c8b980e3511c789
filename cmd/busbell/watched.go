package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/source"
)

// fromWatched makes the entities whose failures busbell.yaml watches, and the
// queues that Busbell itself listens to.
func fromWatched(path string, own ...string) (servicebus.Config, error) {
	watched, faults := config.LoadFile(path)
	var wrong []error
	for _, f := range faults {
		if !f.Warning {
			wrong = append(wrong, errors.New(f.String()))
		}
	}
	if len(wrong) > 0 {
		return servicebus.Config{}, errors.Join(wrong...)
	}
	return busOf(watched, own...), nil
}

// busOf has the sources of a configuration and queues of our own.
func busOf(watched config.Config, own ...string) (cfg servicebus.Config) {
	for _, place := range watched.Watch.Sources {
		if place.Pattern() {
			continue // it stands for what is there
		}
		add(&cfg, place)
	}
	for _, queue := range own {
		add(&cfg, source.Source{Queue: queue})
	}
	return cfg
}

// add makes the queue, or the topic and its subscription, of one place.
func add(cfg *servicebus.Config, p source.Source) {
	if p.Queue != "" {
		cfg.Queues = with(cfg.Queues, p.Queue)
		return
	}
	i := slices.IndexFunc(cfg.Topics, func(t servicebus.Topic) bool { return strings.EqualFold(t.Name, p.Topic) })
	if i < 0 {
		i, cfg.Topics = len(cfg.Topics), append(cfg.Topics, servicebus.Topic{Name: p.Topic})
	}
	cfg.Topics[i].Subscriptions = with(cfg.Topics[i].Subscriptions, p.Subscription)
}

// with adds a queue unless it is there: two places may belong to one.
func with(queues []servicebus.Queue, name string) []servicebus.Queue {
	if slices.ContainsFunc(queues, func(q servicebus.Queue) bool { return strings.EqualFold(q.Name, name) }) {
		return queues
	}
	return append(queues, servicebus.Queue{Name: name})
}
