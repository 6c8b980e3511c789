package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/demo"
	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/emulator/servicebus/certificate"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
)

// emulatorFlags are what the command line says.
type emulatorFlags struct {
	bus, admin, chat string
	actions, config  string
	data             string
	tls, createOnUse bool
	debug, remote    bool
}

func emulatorCommand() *cobra.Command {
	var f emulatorFlags
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Stand in for Service Bus, Slack and OpsGenie on this machine",
		Long: `Stand in for Service Bus, Slack and OpsGenie on this machine.

Prints the settings that lead a handler here, one a line, then "ready". Without
--config the queues and topics are the sources of busbell.yaml (BUSBELL_CONFIG,
else the one in this folder) and Busbell's own queues, whose names may stand in
the environment or in local.settings.json. With --create-on-use neither file is
needed.`,
		Example: "  busbell emulator\n  busbell emulator --servicebus 127.0.0.1:0 --servicebus-admin 127.0.0.1:0 --chat 127.0.0.1:0",
		Args:    nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for flag, addr := range f.addresses() {
				if err := listens(cmd, flag, addr, f.remote); err != nil {
					return err
				}
			}
			o := operator.New(os.LookupEnv)
			if err := o.Local(); err != nil {
				return err
			}
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o.Getenv)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.bus, "servicebus", "127.0.0.1:5672", "`address` of Service Bus; port 0 is any, here and below")
	flags.StringVar(&f.admin, "servicebus-admin", "127.0.0.1:5300", "`address` of its administration")
	flags.StringVar(&f.chat, "chat", "127.0.0.1:9700", "`address` of Slack, OpsGenie and the page that shows them")
	flags.StringVar(&f.actions, "actions", "http://127.0.0.1:7071/api/slack/actions", "`URL` where clicks on that page go")
	flags.StringVar(&f.config, "config", "", "`file` with queues and topics, like the Config.json of Microsoft's emulator")
	flags.StringVar(&f.data, "data", "", "`file` that keeps the messages of Service Bus over restarts")
	flags.BoolVar(&f.tls, "tls", false, "take TLS on both addresses of Service Bus as well; prints which certificate clients have to trust")
	flags.BoolVar(&f.createOnUse, "create-on-use", false, "make a queue, or a topic and its subscription, when a client first uses it")
	flags.BoolVar(&f.debug, "debug", false, "log on standard error why a Service Bus connection ended and what waits for its client")
	allowRemote(cmd, &f.remote)
	return cmd
}

func (f emulatorFlags) addresses() map[string]string {
	return map[string]string{"servicebus": f.bus, "servicebus-admin": f.admin, "chat": f.chat}
}

// run opens the cloud, prints its settings and waits for the end of ctx.
func (f emulatorFlags) run(ctx context.Context, stdout, stderr io.Writer, getenv func(string) string) error {
	cfg := demo.CloudConfig{
		ChatAddr: f.chat, ActionsURL: f.actions, Channels: channels(getenv),
		EventsQueue:   cmp.Or(getenv("FEATURE_EVENTS_QUEUE"), demo.EventsQueue),
		RecoveryQueue: cmp.Or(getenv("RECOVERY_QUEUE"), demo.RecoveryQueue),
	}
	var err error
	if cfg.Bus, err = f.entities(getenv, cfg.EventsQueue, cfg.RecoveryQueue); err != nil {
		return err
	}
	cfg.Bus.Addr, cfg.Bus.AdminAddr, cfg.Bus.AllowRemote = f.bus, f.admin, f.remote
	cfg.Bus.Data, cfg.Bus.CreateOnUse = f.data, f.createOnUse
	if f.tls {
		if cfg.Bus.Certificate, err = makeCertificate(stderr); err != nil {
			return err
		}
	}
	level := slog.LevelInfo
	if f.debug {
		level = slog.LevelDebug
	}
	cfg.Bus.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	servicebus.LimitMemory()
	cloud, err := demo.OpenCloud(cfg)
	if err != nil {
		return inUse(err, f.addresses())
	}
	for _, setting := range cloud.Settings() {
		_, _ = fmt.Fprintln(stdout, setting) // nobody to tell
	}
	_, _ = fmt.Fprintf(stderr, "administration of Service Bus: http://%s\nwhat Slack and OpsGenie are told: %s (Ctrl-C ends)\n",
		cloud.Bus.AdminAddr(), cloud.URL)
	_, _ = fmt.Fprintln(stdout, "ready")
	<-ctx.Done()
	return cloud.Close()
}

// makeCertificate returns the emulator's certificate, which stays the same from
// one start to the next, and prints where it is.
func makeCertificate(stderr io.Writer) (*tls.Certificate, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("find a folder for the TLS certificate: %w", err)
	}
	cert, file, err := certificate.In(filepath.Join(folder, "busbell", "emulator"))
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(stderr, "TLS certificate, for clients to trust: %s\n", file)
	return &cert, nil
}

// channels are those that busbell.yaml names, as far as it can be read: the bot
// is in them from the beginning.
func channels(getenv func(string) string) []string {
	cfg, _ := config.LoadFile(cmp.Or(getenv("BUSBELL_CONFIG"), "busbell.yaml"))
	return cfg.Channels()
}

// entities are what the bus starts with.
func (f emulatorFlags) entities(getenv func(string) string, own ...string) (cfg servicebus.Config, err error) {
	if f.config == "" {
		path := cmp.Or(getenv("BUSBELL_CONFIG"), "busbell.yaml")
		_, err := os.Stat(path)
		switch missing := errors.Is(err, fs.ErrNotExist); {
		case missing && f.createOnUse && getenv("BUSBELL_CONFIG") == "": // what is used is made
			return busOf(config.Config{}, own...), nil
		case missing:
			return cfg, fmt.Errorf("%s: there is no such file; name queues and topics with --config, "+
				"or set BUSBELL_CONFIG to the path of busbell.yaml", path)
		}
		return fromWatched(path, own...)
	}
	file, err := os.Open(f.config)
	if err != nil {
		return cfg, fmt.Errorf("reading --config: %w", err)
	}
	defer func() { _ = file.Close() }()
	if cfg, err = servicebus.ParseConfig(file); err != nil {
		return cfg, fmt.Errorf("%s: %w", f.config, err)
	}
	return cfg, nil
}

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
