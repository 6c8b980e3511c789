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
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
)

// An App is the handler, being built or ready.
type App struct {
	ready chan struct{}
	built *house
	wrong error

	getenv func(string) string // for what reads the settings again

	// patience is how long a message is held when the configuration is wrong,
	// or the ledger cannot be reached.
	patience time.Duration
}

// Start begins to build the handler from its environment and returns.
func Start(ctx context.Context, in Process, log *slog.Logger) *App {
	a := &App{ready: make(chan struct{}), getenv: in.Getenv, patience: 25 * time.Second}
	go func() {
		log.InfoContext(ctx, "starting", "version", Version())
		p := readPlan(in)
		for _, line := range p.warnings {
			log.WarnContext(ctx, "configuration", "warning", line)
		}
		a.built, a.wrong = p.build(log)
		if a.wrong != nil {
			log.ErrorContext(ctx, "nothing is watched", "err", a.wrong)
			a.wrong = azfunc.Logged(a.wrong)
		}
		close(a.ready)
		if a.wrong != nil {
			p.tellWrong(ctx, log)
		} else {
			p.noteRight(ctx, a.built.watch.Incidents.Ledger, log)
		}
	}()
	return a
}

// Deadlines of the functions, with tickTime. All are shorter than
// functionTimeout of host.json, at which the host would kill the process.
const eventDeadline = time.Minute

// Routes are the functions of the app by their paths: a folder with a
// function.json each.
func (a *App) Routes() map[string]azfunc.Route {
	return map[string]azfunc.Route{
		"/ErrorQueueTimer":     {Function: azfunc.OnTimer(a.tick), Ready: a.sound, Deadline: tickTime},
		"/FeatureEventTrigger": {Function: azfunc.OnMessage(a.event), Ready: a.soundOrHeld, Deadline: eventDeadline},
		"/api/check":           {Function: azfunc.OnHTTP(http.HandlerFunc(a.check)), Deadline: checkDeadline},
		"/api/slack/actions":   {Function: azfunc.OnHTTP(http.HandlerFunc(a.actions)), Deadline: actionsDeadline},
	}
}

// Close lets go of the connections, once the app is built.
func (a *App) Close(ctx context.Context) {
	if h, _ := a.house(ctx); h != nil {
		_ = h.close(ctx) // the process ends: nothing is lost with it
	}
}

// house waits until the app is built, or says why it cannot be.
func (a *App) house(ctx context.Context) (*house, error) {
	select {
	case <-a.ready:
		return a.built, a.wrong
	case <-ctx.Done():
		return nil, errors.Join(errors.New("waiting for the app to be built"), ctx.Err())
	}
}

// sound says what is wrong with the configuration, once it has been read.
func (a *App) sound(ctx context.Context) error {
	_, err := a.house(ctx)
	return err
}

// soundOrHeld is sound, but keeps a message within its lock before it fails:
// redelivery has no back-off, and a bad deployment must not empty the queue
// into its dead-letter queue in seconds.
func (a *App) soundOrHeld(ctx context.Context) error {
	err := a.sound(ctx)
	if err == nil {
		return nil
	}
	select {
	case <-time.After(a.patience):
	case <-ctx.Done():
	}
	return err
}
