package app

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

	"github.com/busbell/busbell/internal/source"

	"github.com/busbell/busbell/internal/check"
	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
)

// An Operator is what the commands of the command line work with: settings
// and busbell.yaml, of which each command reads what it needs and no more,
// and the parts that are built of them. A command that needs nothing of Slack
// is not stopped by a missing token.
type Operator struct {
	getenv func(string) string
	local  error // why local.settings.json cannot be used
}

// ForOperator reads the environment through lookup and, where host.json stands
// in the current folder, the Values of local.settings.json beside it. The
// environment wins.
func ForOperator(lookup func(string) (string, bool)) *Operator {
	values, err := config.LocalValues(".")
	getenv := func(name string) string {
		if value, ok := lookup(name); ok {
			return value
		}
		return values[name]
	}
	return &Operator{getenv: getenv, local: err}
}

// Getenv is a setting by its name.
func (o *Operator) Getenv(name string) string { return o.getenv(name) }

// Local says why local.settings.json cannot be used; nil where it can, and
// where there is none.
func (o *Operator) Local() error { return o.local }

// Check checks everything that Busbell needs; see [check.Run].
func (o *Operator) Check(ctx context.Context, send bool) []check.Fact {
	options := checkOptions(o.getenv)
	options.Send = send
	facts := check.Run(ctx, options)
	if o.local != nil {
		facts = append([]check.Fact{check.Wrong("local.settings.json", o.local)}, facts...)
	}
	return facts
}

// Config reads busbell.yaml: the one that BUSBELL_CONFIG names, else that of
// the current folder. found is false where there is none of these; the Config
// is then empty and good for explaining. The error has a line for each thing
// that is wrong.
func (o *Operator) Config() (c config.Config, found bool, err error) {
	named := strings.TrimSpace(o.getenv("BUSBELL_CONFIG"))
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

// Watch is flow 1 as far as the configuration decides it: enough to explain
// with. It pages whenever a rule says so, whether or not there is a key.
func (o *Operator) Watch() (*errorqueue.Watch, error) {
	c, _, err := o.Config()
	if err != nil {
		return nil, err
	}
	masker, err := privacy.New(c.Privacy)
	if err != nil {
		return nil, err
	}
	w, err := c.NewWatch(masker, true)
	if err != nil {
		return nil, err
	}
	f, err := c.NewFeatures(masker)
	if err != nil {
		return nil, err
	}
	w.Features = f.Rules.Carries
	w.Log = slog.New(slog.DiscardHandler)
	return w, nil
}

// Features is flow 2 as far as the configuration decides it.
func (o *Operator) Features() (*feature.Flow, error) {
	c, _, err := o.Config()
	if err != nil {
		return nil, err
	}
	masker, err := privacy.New(c.Privacy)
	if err != nil {
		return nil, err
	}
	f, err := c.NewFeatures(masker)
	if err != nil {
		return nil, err
	}
	f.Log = slog.New(slog.DiscardHandler)
	return f, nil
}

// Connect lets a watch read its places; end lets go of the connection. Of the settings only
// those of the bus must be right.
func (o *Operator) Connect(w *errorqueue.Watch) (end func(), err error) {
	settings, problems := config.FromEnv(o.getenv)
	if err := only("ServiceBus", problems); err != nil {
		return nil, errors.Join(err, o.local)
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

// Find puts in the place of the patterns among a watch's places what they mean
// now, as far as it can be known. The error says why it is not all.
func (o *Operator) Find(ctx context.Context, w *errorqueue.Watch) error {
	settings, _ := config.FromEnv(o.getenv)
	patterns := w.Sources
	gaps := settings.Find(ctx, w)
	var errs []error
	for _, p := range patterns {
		err := source.ListError(p, gaps)
		if err != nil && !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Records are the incidents and notices of the ledger. Of the settings only
// those of the storage must be right.
func (o *Operator) Records() (incident.Store, *outbox.Delivery, error) {
	c, found, err := o.Config()
	if err != nil {
		return incident.Store{}, nil, err
	}
	if !found {
		return incident.Store{}, nil, errors.New("no busbell.yaml, which says whose environment it is; set BUSBELL_CONFIG to it")
	}
	settings, problems := config.FromEnv(o.getenv)
	if err := errors.Join(only(config.StorageName, problems), only(config.StateName, problems)); err != nil {
		return incident.Store{}, nil, errors.Join(err, o.local)
	}
	if settings.Storage.InMemory {
		return incident.Store{}, nil, fmt.Errorf("the ledger of a handler in memory cannot be read from here; set %s to the storage account of the app", config.StorageName)
	}
	store, err := settings.Storage.Ledger()
	if err != nil {
		return incident.Store{}, nil, err
	}
	store = ledger.ReadOnly{Ledger: store} // a laptop may have an older program, which must not set aside what it does not know
	return incident.Store{Ledger: store, Environment: c.Environment}, &outbox.Delivery{Ledger: store, Environment: c.Environment, Log: slog.New(slog.DiscardHandler)}, nil
}

// only are the errors among the problems of settings whose names begin so.
func only(prefix string, problems []setting.Problem) error {
	var wrong []error
	for _, p := range problems {
		if !p.Warning && strings.HasPrefix(p.Path, prefix) && !strings.HasPrefix(p.Path, "SERVICEBUS_") {
			wrong = append(wrong, errors.New(p.String()))
		}
	}
	return errors.Join(wrong...)
}
