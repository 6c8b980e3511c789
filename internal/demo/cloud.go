package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/setting"
)

// The default names of Busbell's own queues.
const (
	EventsQueue   = "busbell-events"
	RecoveryQueue = "busbell-recovery"
)

// The credentials of local.settings.json. The emulators accept any.
const (
	slackToken    = "xoxb-local"
	signingSecret = "local"
	pagerKey      = "local"
)

// CloudConfig says where the emulators listen and what they start with.
type CloudConfig struct {
	Bus        servicebus.Config
	ChatAddr   string   // of Slack, OpsGenie and their page; "" is a free port
	Channels   []string // that exist in Slack from the beginning
	ActionsURL string   // where clicks in Slack go

	EventsQueue, RecoveryQueue string // "" is the default
}

// A Cloud is a running emulator of each service that Busbell talks to.
type Cloud struct {
	Bus   *servicebus.Server
	Slack *slack.Server
	Pager *opsgenie.Server

	URL string // of the page, and of both APIs

	cfg CloudConfig
	web *http.Server
}

// OpenCloud starts the emulators; they answer when it returns. The caller closes
// the cloud.
func OpenCloud(cfg CloudConfig) (*Cloud, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", cmp.Or(cfg.ChatAddr, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("opening the page: %w", err)
	}
	bus, err := servicebus.Start(cfg.Bus)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	c := &Cloud{
		Bus: bus, cfg: cfg, URL: "http://" + setting.Reachable(l.Addr().String()), Pager: opsgenie.New(opsgenie.Config{}),
		Slack: slack.New(slack.Config{Channels: cfg.Channels, ActionsURL: cfg.ActionsURL, SigningSecret: signingSecret}),
	}
	b := board.New(c.Slack, c.Pager)
	mux := http.NewServeMux()
	mux.Handle("/_control/servicebus/", control.Local(c.Bus.Controls()))
	mux.Handle("/", b)
	c.web = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	c.web.RegisterOnShutdown(b.Close)
	go func() { _ = c.web.Serve(l) }() // until Close
	return c, nil
}

// Settings are the settings, as NAME=value, with which a handler talks to the
// emulators.
func (c *Cloud) Settings() []string {
	return []string{
		"ServiceBus=" + c.Bus.ConnectionString(),
		"SLACK_API_URL=" + c.URL,
		"SLACK_BOT_TOKEN=" + slackToken,
		"SLACK_SIGNING_SECRET=" + signingSecret,
		"OPSGENIE_API_URL=" + c.URL,
		"OPSGENIE_API_KEY=" + pagerKey,
		"FEATURE_EVENTS_QUEUE=" + cmp.Or(c.cfg.EventsQueue, EventsQueue),
		"RECOVERY_QUEUE=" + cmp.Or(c.cfg.RecoveryQueue, RecoveryQueue),
	}
}

// Close stops the emulators. Connections that stay open are cut after a moment.
func (c *Cloud) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if err := c.web.Shutdown(ctx); err != nil {
		_ = c.web.Close()
	}
	if err := c.Bus.Close(); err != nil {
		return errors.Join(errors.New("closing the Service Bus emulator"), err)
	}
	return nil
}
