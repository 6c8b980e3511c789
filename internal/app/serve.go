package app

import (
	"context"
	"io"
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
	a := Start(ctx, getenv, log)
	door := azfunc.Door{Routes: a.Routes(), Log: log}
	if err := door.Serve(ctx, l); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	a.Close(ctx)
	return nil
}
