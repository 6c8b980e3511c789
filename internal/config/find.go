package config

import (
	"context"
	"fmt"

	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/source"
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

// Find replaces the patterns among some sources by those that match them now,
// as far as that can be known.
func (s Settings) Find(ctx context.Context, sources []source.Source) ([]source.Source, []source.Unlisted) {
	query, some := source.NewQuery(sources)
	if !some {
		return sources, nil
	}
	existing, unlisted := s.Finder()(ctx, query)
	return source.Expand(sources, existing, s.OwnQueues()), unlisted
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
