package config

import (
	"context"
	"fmt"

	"github.com/busbell/busbell/internal/source"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message/servicebus"
)

// Lister lists the entities of the namespace: as the identity where the
// settings say what Azure's resource manager calls it, else by the connection
// string.
func (s Settings) Lister() (*servicebus.Lister, error) {
	cfg := servicebus.Config{ConnectionString: s.Bus.ConnectionString, Namespace: s.Bus.Namespace, ResourceID: s.NamespaceID}
	if cfg.ConnectionString == "" || cfg.ResourceID != "" {
		credential, err := s.Bus.Identity.credential()
		if err != nil {
			return nil, fmt.Errorf("sign in to list queues: %w", err)
		}
		cfg.Credential = credential
	}
	return servicebus.NewLister(cfg)
}

// Find puts in the place of the patterns among a watch's places what they mean
// now, as far as it can be known.
func (s Settings) Find(ctx context.Context, w *errorqueue.Watch) []source.Unlisted {
	sought, some := source.NewQuery(w.Sources)
	if !some {
		return nil
	}
	there, gaps := s.Finder()(ctx, sought)
	w.Sources = source.Expand(w.Sources, there, s.OwnQueues())
	return gaps
}

// Finder lets a watch find queues by name.
func (s Settings) Finder() func(context.Context, source.Query) ([]source.Entity, []source.Unlisted) {
	l, err := s.Lister()
	return func(ctx context.Context, sought source.Query) (there []source.Entity, gaps []source.Unlisted) {
		if err != nil {
			return nil, sought.AllUnlisted(err)
		}
		listed, unlisted := l.List(ctx, servicebus.Wanted{Queues: sought.Queues, Topics: sought.Topics})
		for _, e := range listed {
			there = append(there, source.Entity{Queue: e.Queue, Topic: e.Topic, Subscription: e.Subscription, Forwards: e.Forwards})
		}
		for _, g := range unlisted {
			gaps = append(gaps, source.Unlisted(g))
		}
		return there, gaps
	}
}
