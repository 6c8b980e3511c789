package app

import (
	"context"
	"fmt"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message/servicebus"
)

// lister lists the entities of the namespace: as the identity where the
// settings say what Azure's resource manager calls it, else by the connection
// string.
func (s Settings) lister() (*servicebus.Lister, error) {
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

// find puts in the place of the patterns among a watch's places what they mean
// now. Where that cannot be known the patterns are left out, and the error
// says why.
func (s Settings) find(ctx context.Context, w *errorqueue.Watch) error {
	sought, some := errorqueue.Seek(w.Places)
	if !some {
		return nil
	}
	var there []errorqueue.Entity
	l, err := s.lister()
	if err == nil {
		there, err = findBy(l)(ctx, sought)
	}
	w.Places = errorqueue.Resolve(w.Places, there, s.ownQueues())
	return err
}

// findBy lets a watch find queues by name.
func findBy(l *servicebus.Lister) func(context.Context, errorqueue.Sought) ([]errorqueue.Entity, error) {
	return func(ctx context.Context, sought errorqueue.Sought) ([]errorqueue.Entity, error) {
		listed, err := l.List(ctx, servicebus.Wanted{Queues: sought.Queues, Topics: sought.Topics})
		if err != nil {
			return nil, err
		}
		there := make([]errorqueue.Entity, 0, len(listed))
		for _, e := range listed {
			there = append(there, errorqueue.Entity{Queue: e.Queue, Topic: e.Topic, Subscription: e.Subscription, Forwards: e.Forwards})
		}
		return there, nil
	}
}
