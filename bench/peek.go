package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// peek measures a first pass over a queue against the bare SDK, both from
// this process, each over a connection that is open already. A pass reads,
// understands, groups, masks, decides and writes to a ledger in memory; its
// channel is silent.
func peek(ctx context.Context, _ *lab) ([]line, error) {
	const many = 10_000
	failures := kind{problems: 20, size: 7 << 10}
	b, err := startBus(ctx, "error")
	if err != nil {
		return nil, err
	}
	defer b.stop()
	if err := b.fill(ctx, "error", many, failures.sent); err != nil {
		return nil, err
	}
	client, err := servicebus.New(servicebus.Config{ConnectionString: setting.Secret(b.connection)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close(ctx) }()
	ours := func() (float64, error) {
		begun := time.Now()
		incidents, err := pass(ctx, client)
		took := time.Since(begun)
		if err != nil {
			return 0, err
		}
		return many / took.Seconds(), check(incidents, failures.problems, many)
	}
	bare := func() (float64, error) {
		begun := time.Now()
		n, err := bareLoop(ctx, b.client, "error")
		if n != many && err == nil {
			err = fmt.Errorf("the bare loop read %d messages of %d", n, many)
		}
		return many / time.Since(begun).Seconds(), err
	}
	for _, warm := range []func() (float64, error){ours, bare} {
		if _, err := warm(); err != nil {
			return nil, err
		}
	}
	got, err := inTurns(8, ours, bare)
	if err != nil {
		return nil, err
	}
	return []line{{What: "peek, understand, group 10,000 × 7 KB", Unit: "/s", pair: got, Budget: ratioAtLeast(0.8), Beside: "the bare SDK peek loop"}}, nil
}

// pass makes a first pass over the queue error and returns what it found.
func pass(ctx context.Context, client *servicebus.Client) (map[string]incident.Stored, error) {
	watch, err := newWatch(client, new(ledger.Memory), "error")
	if err != nil {
		return nil, err
	}
	if _, err := watch.Run(ctx); err != nil {
		return nil, err
	}
	return watch.Incidents.All(ctx)
}

// newWatch is a watch over queues, as the handler has it, whose channel is
// silent.
func newWatch(client *servicebus.Client, store ledger.Ledger, queues ...string) (*errorqueue.Watch, error) {
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		return nil, err
	}
	rules, err := triage.NewRules(triage.Config{})
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	var places []source.Source
	for _, queue := range queues {
		places = append(places, source.Source{Queue: queue})
	}
	incidents := incident.Store{Ledger: store, Environment: "bench"}
	delivery := &outbox.Delivery{Ledger: store, Environment: "bench", Log: log, Channels: map[string]notify.Channel{"silent": silent{}}}
	return &errorqueue.Watch{
		Tracker: lifecycle.Tracker{
			Deployment: notice.Deployment{Environment: "bench"}, Incidents: incidents, Delivery: delivery, Log: log,
			Journal: &incident.Journal{Ledger: store, Environment: "bench", Records: incidents, Delivery: delivery, Log: log},
		},
		Triage:  triage.Triage{Reader: failure.NewReader(failure.Config{Own: []string{"Shop."}}), Masker: masker, Rules: rules},
		Sources: places, Implied: source.Implied(places),
		Open: func(at source.Source) source.Peeker { return client.Source(at.Entity()) },
		Chat: incident.Target{Channel: "silent", To: "#bus-errors"},
	}, nil
}

// check sees to it that a fast pass was a whole one.
func check(found map[string]incident.Stored, problems, messages int) error {
	n := 0
	for _, i := range found {
		n += i.Count()
	}
	if len(found) != problems || n != messages {
		return fmt.Errorf("the pass found %d messages of %d problems, not %d of %d", n, len(found), messages, problems)
	}
	return nil
}

// silent is a channel that takes everything and says nothing.
type silent struct{}

func (silent) Send(_ context.Context, n notify.Notice, _ notify.Receipt) (notify.Receipt, error) {
	return notify.Receipt{ID: n.Key}, nil
}

func (silent) Find(context.Context, notify.Notice, notify.Receipt, time.Time) (notify.Receipt, bool, error) {
	return notify.Receipt{}, false, nil
}
