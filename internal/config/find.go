package config

import (
	"context"
	"fmt"

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
func (s Settings) Find(ctx context.Context, w *errorqueue.Watch) []errorqueue.Unlisted {
	sought, some := errorqueue.NewQuery(w.Sources)
	if !some {
		return nil
	}
	there, gaps := s.Finder()(ctx, sought)
	w.Sources = errorqueue.Expand(w.Sources, there, s.OwnQueues())
	return gaps
}

// Finder lets a watch find queues by name.
func (s Settings) Finder() func(context.Context, errorqueue.Query) ([]errorqueue.Entity, []errorqueue.Unlisted) {
	l, err := s.Lister()
	return func(ctx context.Context, sought errorqueue.Query) (there []errorqueue.Entity, gaps []errorqueue.Unlisted) {
		if err != nil {
			return nil, sought.AllUnlisted(err)
		}
		listed, unlisted := l.List(ctx, servicebus.Wanted{Queues: sought.Queues, Topics: sought.Topics})
		for _, e := range listed {
			there = append(there, errorqueue.Entity{Queue: e.Queue, Topic: e.Topic, Subscription: e.Subscription, Forwards: e.Forwards})
		}
		for _, g := range unlisted {
			gaps = append(gaps, errorqueue.Unlisted(g))
		}
		return there, gaps
	}
}
