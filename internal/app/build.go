package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/action"
	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/outbox/pace"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// A builder makes the parts of the handler from settings and busbell.yaml.
type builder struct {
	process Process
	setup   config.Setup
	log     *slog.Logger

	wrong    []string // each problem with its position and how to fix it
	warnings []string
}

// newBuilder reads the environment and the file.
func newBuilder(in Process, log *slog.Logger) *builder {
	b := &builder{process: in, setup: config.Load(in.Getenv), log: log}
	b.wrong, b.warnings = b.setup.Lines()
	return b
}

// services are the connected parts of the handler.
type services struct {
	process    Process
	watch      *errorqueue.Watch
	features   *feature.Flow
	eventQueue string
	bus        *servicebus.Client
	pingURL    setting.Secret
	clicks     *action.Handler
	delivery   *outbox.Delivery
	log        *slog.Logger
}

func (s *services) close(ctx context.Context) error {
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		s.clicks.Wait()
		s.delivery.Settle()
	}()
	select {
	case <-shown:
	case <-ctx.Done(): // the next pass shows it
	}
	return s.bus.Close(ctx)
}

// build connects the parts. It makes no calls: a service that cannot be reached is
// reported by the invocation that needs it.
func (b *builder) build() (*services, error) {
	if len(b.wrong) > 0 {
		return nil, errors.New("wrong configuration: " + strings.Join(b.wrong, " | "))
	}
	settings, cfg := b.setup.Settings, b.setup.Config
	bus, err := settings.Bus.Connect()
	if err != nil {
		return nil, err
	}
	watch, features, err := cfg.Flows(settings.OpsGenie.Key != "")
	if err != nil {
		return nil, err
	}
	store, err := settings.Storage.Ledger()
	if err != nil {
		return nil, err
	}
	incidents := incident.Store{Ledger: store, Environment: cfg.Environment, Log: b.log, Now: b.process.Now}
	delivery := b.delivery(store, incidents)
	own := settings.OwnQueues()
	watch.OwnQueues, watch.Implied = own, source.Implied(cfg.Watch.Sources, own...)
	watch.Deployment.Namespace, watch.Deployment.Buttons = settings.Bus.Host(), settings.SigningSecret != ""
	watch.Open = func(at source.Source) source.Peeker { return bus.Source(at.Entity()) }
	if _, some := source.NewQuery(watch.Sources); some {
		watch.Find = settings.Finder()
	}
	journal := &incident.Journal{Ledger: store, Environment: cfg.Environment, Records: incidents, Delivery: delivery, Log: b.log}
	watch.Incidents, watch.Journal, watch.Delivery, watch.Log, watch.Now = incidents, journal, delivery, b.log, b.process.Now
	if pager, ok := delivery.Channels[opsgenie.Name].(*opsgenie.Channel); ok {
		watch.Acknowledged = pager.Acknowledged
	}
	features.Delivery, features.Log = delivery, b.log
	chat, _ := delivery.Channels[slack.Name].(*slack.Channel)
	return &services{
		process: b.process, eventQueue: settings.EventsQueue, bus: bus, watch: watch, features: features, delivery: delivery, log: b.log, pingURL: settings.PingURL,
		clicks: &action.Handler{
			Listener: slack.Listener{Secret: settings.SigningSecret}, Chat: chat, Delivery: delivery,
			Zone: cfg.Watch.Quiet.Zone.Location(), Log: b.log,
			Apply: watch.Apply,
		},
	}, nil
}

// delivery connects the channels that are set up.
func (b *builder) delivery(store ledger.Ledger, incidents incident.Store) *outbox.Delivery {
	d := &outbox.Delivery{
		Ledger: store, Environment: b.setup.Config.Environment, Log: b.log,
		Channels: map[string]notify.Channel{slack.Name: slack.New(b.setup.Settings.Slack, nil)},
		Obsolete: func(ctx context.Context, n notify.Notice) (bool, error) {
			if n.Channel != opsgenie.Name {
				return false, nil // an incident that is over is still posted in Slack
			}
			return incidents.IsOver(ctx, n.Subject)
		},
		InUse:    incidents.IsAlive,
		Fallback: b.fallback,
		Lease:    b.process.scaled(time.Minute),
		LookUp:   b.process.scaled(30 * time.Second),
		Paces:    map[string]pace.Limit{slack.Name: {Every: b.process.scaled(time.Second), Burst: 20, Edits: 40 * max(b.process.TimeScale, 1)}},
		Wait:     b.process.scaled(20 * time.Second),
		Now:      b.process.Now,
	}
	if b.setup.Settings.OpsGenie.Key != "" {
		d.Channels[opsgenie.Name] = opsgenie.New(b.setup.Settings.OpsGenie, nil)
	}
	return d
}

// fallback returns where to report that a destination is unreachable: the Slack
// channel of the watch, and for that channel the pager.
func (b *builder) fallback(unreachable notify.Destination) (notify.Destination, bool) {
	watch := notify.Destination{Channel: slack.Name, To: b.setup.Config.Watch.Slack.Channel}
	if unreachable != watch {
		return watch, true
	}
	return notify.Destination{Channel: opsgenie.Name}, b.setup.Settings.OpsGenie.Key != ""
}
