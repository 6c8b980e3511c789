// Package app builds the handler from settings and busbell.yaml: it makes the
// parts, connects them, and routes requests to them. It is the only package that
// knows all the others.
//
// [Start] returns at once, so that the socket is served before anything slow
// happens. The parts are built in the background, and the first invocation waits
// for them. With a wrong setting or busbell.yaml the process serves too: every
// invocation fails with one line that says what is wrong, where, and what to do.
package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/action"
	"github.com/busbell/busbell/internal/azfunc"
	"github.com/busbell/busbell/internal/check"
	"github.com/busbell/busbell/internal/job"
)

// An App is the handler, while it is built and after that.
type App struct {
	process Process
	ready   chan struct{} // closed once one of these is set:
	built   *services
	wrong   error

	// patience is how long a message is held if the configuration is wrong or the
	// ledger cannot be reached.
	patience time.Duration
}

// Start begins to build the handler and returns.
func Start(ctx context.Context, in Process, log *slog.Logger) *App {
	a := &App{process: in, ready: make(chan struct{}), patience: 25 * time.Second}
	go func() {
		log.InfoContext(ctx, "starting", "version", Version())
		b := newBuilder(in, log)
		for _, line := range append(b.warnings, b.setup.Unset()...) {
			log.WarnContext(ctx, "configuration", "warning", line)
		}
		a.built, a.wrong = b.build()
		if a.wrong != nil {
			log.ErrorContext(ctx, "nothing is watched", "err", a.wrong)
			a.wrong = azfunc.Known(a.wrong)
		}
		close(a.ready)
		if a.wrong != nil {
			b.announceBadConfig(ctx)
		} else {
			b.forgetBadConfig(ctx, a.built.delivery.Ledger)
		}
	}()
	return a
}

// eventDeadline is shorter than functionTimeout of host.json, after which the host
// kills the process. So are all deadlines.
const eventDeadline = time.Minute

// Routes are the functions of the app by their paths. Each has a folder with a
// function.json.
func (a *App) Routes() map[string]azfunc.Route {
	return map[string]azfunc.Route{
		"/ErrorQueueTimer":     {Function: azfunc.OnTimer(a.tick), Ready: a.configOK, Deadline: job.Budget(new(tick).jobs())},
		"/FeatureEventTrigger": {Function: azfunc.OnMessage(a.event), Ready: a.configOKOrHold, Deadline: eventDeadline},
		"/api/check":           {Function: azfunc.OnHTTP(http.HandlerFunc(a.check)), Deadline: check.Deadline},
		"/api/slack/actions":   {Function: azfunc.OnPublicHTTP(http.HandlerFunc(a.actions), a.admit), Deadline: action.Deadline},
	}
}

// Close closes the connections, once the app is built.
func (a *App) Close(ctx context.Context) {
	if s, _ := a.services(ctx); s != nil {
		_ = s.close(ctx) // the process ends: nothing is lost with it
	}
}

// services waits until the app is built. The error says why it cannot be.
func (a *App) services(ctx context.Context) (*services, error) {
	select {
	case <-a.ready:
		return a.built, a.wrong
	case <-ctx.Done():
		return nil, errors.Join(errors.New("waiting for the app to be built"), ctx.Err())
	}
}

// configOK returns what is wrong with the configuration.
func (a *App) configOK(ctx context.Context) error {
	_, err := a.services(ctx)
	return err
}

// configOKOrHold is configOK, but holds a message for a while before it fails.
// Redelivery has no back-off: without the wait a bad deployment would empty the
// queue into its dead-letter queue within seconds.
func (a *App) configOKOrHold(ctx context.Context) error {
	err := a.configOK(ctx)
	if err == nil {
		return nil
	}
	select {
	case <-time.After(a.patience):
	case <-ctx.Done():
	}
	return err
}

// admit looks at the head of what claims to be a click.
func (a *App) admit(w http.ResponseWriter, r *http.Request) (bool, error) {
	s, err := a.services(r.Context())
	if err != nil {
		return false, err
	}
	return s.clicks.Admit(w, r), nil
}

// actions handles clicks in Slack that were admitted.
func (a *App) actions(w http.ResponseWriter, r *http.Request) { a.built.clicks.ServeHTTP(w, r) }

// check reads settings and busbell.yaml itself, so that it can report what is
// wrong with them.
func (a *App) check(w http.ResponseWriter, r *http.Request) {
	check.Serve(w, r, CheckOptions(a.process.Getenv))
}

// CheckOptions are the options for a check of this program.
func CheckOptions(getenv func(string) string) check.Options {
	return check.Options{Getenv: getenv, Routes: slices.Collect(maps.Keys(new(App).Routes())), Version: Version()}
}
