// Package app builds the handler out of its parts: settings and busbell.yaml
// become shelves, adapters and flows, connected and routed. It is the only
// package that knows all the others.
//
// [Start] returns at once, so that the socket is served before anything slow
// happens; building goes on beside it, and the first invocation waits for it.
// A wrong setting or busbell.yaml does not end the process: it serves all the
// same, and every invocation fails with the same line, which says what is
// wrong, where, and what to do.
package app

import (
	"context"
	"encoding/json"
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

// An App is the handler, being built or ready.
type App struct {
	process Process
	ready   chan struct{} // closed once one of these is set:
	built   *services
	wrong   error

	// patience is how long a message is held when the configuration is wrong,
	// or the ledger cannot be reached.
	patience time.Duration
}

// Start begins to build the handler from its environment and returns.
func Start(ctx context.Context, in Process, log *slog.Logger) *App {
	a := &App{process: in, ready: make(chan struct{}), patience: 25 * time.Second}
	go func() {
		log.InfoContext(ctx, "starting", "version", Version())
		b := newBuilder(in, log)
		for _, line := range b.warnings {
			log.WarnContext(ctx, "configuration", "warning", line)
		}
		a.built, a.wrong = b.build()
		if a.wrong != nil {
			log.ErrorContext(ctx, "nothing is watched", "err", a.wrong)
			a.wrong = azfunc.Logged(a.wrong)
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

// eventDeadline is shorter than functionTimeout of host.json, as all deadlines
// are: at that time the host would kill the process.
const eventDeadline = time.Minute

// Routes are the functions of the app by their paths: a folder with a
// function.json each.
func (a *App) Routes() map[string]azfunc.Route {
	return map[string]azfunc.Route{
		"/ErrorQueueTimer":     {Function: azfunc.OnTimer(a.tick), Ready: a.configOK, Deadline: job.Budget(new(tick).jobs())},
		"/FeatureEventTrigger": {Function: azfunc.OnMessage(a.event), Ready: a.configOKOrHold, Deadline: eventDeadline},
		"/api/check":           {Function: azfunc.OnHTTP(http.HandlerFunc(a.check)), Deadline: check.Deadline},
		"/api/slack/actions":   {Function: azfunc.OnHTTP(http.HandlerFunc(a.actions)), Deadline: action.Deadline},
	}
}

// Close lets go of the connections, once the app is built.
func (a *App) Close(ctx context.Context) {
	if s, _ := a.services(ctx); s != nil {
		_ = s.close(ctx) // the process ends: nothing is lost with it
	}
}

// services waits until the app is built, or says why it cannot be.
func (a *App) services(ctx context.Context) (*services, error) {
	select {
	case <-a.ready:
		return a.built, a.wrong
	case <-ctx.Done():
		return nil, errors.Join(errors.New("waiting for the app to be built"), ctx.Err())
	}
}

// configOK says what is wrong with the configuration, once it has been read.
func (a *App) configOK(ctx context.Context) error {
	_, err := a.services(ctx)
	return err
}

// configOKOrHold is configOK, but keeps a message within its lock before it
// fails: redelivery has no back-off, and a bad deployment must not empty the
// queue into its dead-letter queue in seconds.
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

// actions answers what people click in Slack.
func (a *App) actions(w http.ResponseWriter, r *http.Request) {
	s, err := a.services(r.Context())
	if err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // nobody to tell
		return
	}
	s.clicks.ServeHTTP(w, r)
}

// check reads settings and busbell.yaml by itself, so that it can say what is
// wrong with them.
func (a *App) check(w http.ResponseWriter, r *http.Request) {
	check.Serve(w, r, CheckOptions(a.process.Getenv))
}

// CheckOptions are what a check of this program needs to know.
func CheckOptions(getenv func(string) string) check.Options {
	return check.Options{Getenv: getenv, Routes: slices.Collect(maps.Keys(new(App).Routes())), Version: Version()}
}
