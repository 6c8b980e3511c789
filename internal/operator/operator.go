// Package operator builds what the commands of the command line need from settings
// and busbell.yaml.
package operator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/app"
	"github.com/busbell/busbell/internal/check"
	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// Tools build what a command needs and nothing else: a missing token does not stop
// a command that does not use Slack.
type Tools struct {
	getenv func(string) string
	local  error // why local.settings.json cannot be used
}

// New reads the environment through lookup and, where host.json is in the
// current folder, the Values of local.settings.json beside it. The environment
// wins.
func New(lookup func(string) (string, bool)) *Tools {
	values, err := config.LocalValues(".")
	getenv := func(name string) string {
		if value, ok := lookup(name); ok {
			return value
		}
		return values[name]
	}
	return &Tools{getenv: getenv, local: err}
}

// Getenv is a setting by its name.
func (t *Tools) Getenv(name string) string { return t.getenv(name) }

// Local returns why local.settings.json cannot be used; nil if it can, or if there
// is none.
func (t *Tools) Local() error { return t.local }

// Check checks everything that Busbell needs; see [check.Run].
func (t *Tools) Check(ctx context.Context, send bool) []check.Fact {
	options := app.CheckOptions(t.getenv)
	options.Send = send
	facts := check.Run(ctx, options)
	if t.local != nil {
		facts = append([]check.Fact{check.Wrong("local.settings.json", t.local)}, facts...)
	}
	return facts
}

// Config reads busbell.yaml: the file that BUSBELL_CONFIG names, else the one in the
// current folder. found is false if there is neither; the empty Config is then good
// enough for explain. The error has a line for each problem.
func (t *Tools) Config() (c config.Config, found bool, err error) {
	named := strings.TrimSpace(t.getenv("BUSBELL_CONFIG"))
	path := cmp.Or(named, "busbell.yaml")
	if _, err := os.Stat(path); named == "" && errors.Is(err, fs.ErrNotExist) {
		return config.Config{}, false, nil
	}
	c, faults := config.LoadFile(path)
	var wrong []error
	for _, f := range faults {
		if !f.Warning {
			wrong = append(wrong, errors.New(f.String()))
		}
	}
	return c, true, errors.Join(wrong...)
}

// Watch is flow 1 as the configuration says, without connections. It pages
// whenever a rule says so, with or without an API key.
func (t *Tools) Watch() (*errorqueue.Watch, error) {
	w, _, err := t.flows()
	return w, err
}

// Features is flow 2 as the configuration says, without connections.
func (t *Tools) Features() (*feature.Flow, error) {
	_, f, err := t.flows()
	return f, err
}

func (t *Tools) flows() (*errorqueue.Watch, *feature.Flow, error) {
	c, _, err := t.Config()
	if err != nil {
		return nil, nil, err
	}
	w, f, err := c.Flows(true)
	if err != nil {
		return nil, nil, err
	}
	w.Log, f.Log = slog.New(slog.DiscardHandler), slog.New(slog.DiscardHandler)
	return w, f, nil
}

// Connect lets a watch read its sources; end closes the connection. Only the
// settings of the bus must be right.
func (t *Tools) Connect(w *errorqueue.Watch) (end func(), err error) {
	settings, problems := config.FromEnv(t.getenv)
	if err := only("ServiceBus", problems); err != nil {
		return nil, errors.Join(err, t.local)
	}
	bus, err := settings.Bus.Connect()
	if err != nil {
		return nil, err
	}
	w.Open = func(at source.Source) source.Peeker { return bus.Source(at.Entity()) }
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = bus.Close(ctx) // nothing is lost with it
	}, nil
}

// Find replaces the patterns among some sources by those that match them now.
// The error says why these may not be all.
func (t *Tools) Find(ctx context.Context, sources []source.Source) ([]source.Source, error) {
	settings, _ := config.FromEnv(t.getenv)
	c, _, err := t.Config()
	errs := []error{err}
	found, unlisted := settings.Find(ctx, sources)
	for _, p := range sources {
		err := source.ListError(p, unlisted)
		if err != nil && !slices.ContainsFunc(errs, func(e error) bool { return e != nil && e.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	for i, p := range found { // what a pattern finds may have a name of its own
		if p.Name == "" {
			found[i] = c.SourceOf(p.Entity())
		}
	}
	return found, errors.Join(errs...)
}

// Records are the incidents and notices of the ledger. Only the settings of the
// storage must be right.
func (t *Tools) Records() (incident.Store, *outbox.Delivery, error) {
	c, found, err := t.Config()
	if err != nil {
		return incident.Store{}, nil, err
	}
	if !found {
		return incident.Store{}, nil, errors.New("no busbell.yaml, which says whose environment it is; set BUSBELL_CONFIG to it")
	}
	settings, problems := config.FromEnv(t.getenv)
	if err := errors.Join(only(config.StorageName, problems), only(config.StateName, problems)); err != nil {
		return incident.Store{}, nil, errors.Join(err, t.local)
	}
	if settings.Storage.InMemory {
		return incident.Store{}, nil, fmt.Errorf("the ledger of a handler in memory cannot be read from here; set %s to the storage account of the app", config.StorageName)
	}
	store, err := settings.Storage.Ledger()
	if err != nil {
		return incident.Store{}, nil, err
	}
	store = ledger.ReadOnly{Ledger: store} // an older program on a laptop must not set aside rows that it does not know
	return incident.Store{Ledger: store, Environment: c.Environment}, &outbox.Delivery{Ledger: store, Environment: c.Environment, Log: slog.New(slog.DiscardHandler)}, nil
}

// only returns the errors among the problems of settings whose names begin with prefix.
func only(prefix string, problems []setting.Problem) error {
	var wrong []error
	for _, p := range problems {
		if !p.Warning && strings.HasPrefix(p.Path, prefix) && !strings.HasPrefix(p.Path, "SERVICEBUS_") {
			wrong = append(wrong, errors.New(p.String()))
		}
	}
	return errors.Join(wrong...)
}
