package app

import (
	"context"
	"io"
	"runtime/debug"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
)

// Serve is the handler: it listens where the host says, builds the app beside
// it and serves until ctx ends or the host is gone. Its error is one line:
// it cannot listen, or can no longer.
func Serve(ctx context.Context, getenv func(string) string, out io.Writer) error {
	l, err := azfunc.Listen(getenv)
	if err != nil {
		return err
	}
	log := azfunc.NewLogger(out, getenv("WEBSITE_SITE_NAME") != "")
	usual := debug.SetGCPercent(50)
	a := Start(ctx, getenv, log)
	go a.relax(usual)
	door := azfunc.Door{Routes: a.Routes(), Log: log}
	if err := door.Serve(ctx, l); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	a.Close(ctx)
	return nil
}

// relax lets garbage be collected as usual once the app is built. To compile
// conditions leaves much of it, and what comes after is idle: collected at
// leisure, it would stay in the process for good.
func (a *App) relax(usual int) {
	<-a.ready
	debug.SetGCPercent(usual)
}
