package app

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
)

// A Process is what the handler runs in.
type Process struct {
	Getenv func(string) string
	Out    io.Writer // where the log goes

	// Now is the clock; nil means time.Now. TimeScale divides the waits of delivery;
	// 0 means 1. Both are for tests, which cannot wait until a lease is over or set
	// the clock of a machine.
	Now       func() time.Time
	TimeScale int
}

func (p Process) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// scaled divides a wait of delivery by TimeScale.
func (p Process) scaled(wait time.Duration) time.Duration {
	return wait / time.Duration(max(p.TimeScale, 1))
}

// Serve is the handler: it listens where the host says, builds the app in the
// background, and serves until ctx ends or the host is gone. Its error is one line
// that says why it cannot listen.
func Serve(ctx context.Context, p Process) error {
	l, err := azfunc.Listen(p.Getenv)
	if err != nil {
		return err
	}
	log := azfunc.NewLogger(p.Out, p.Getenv("WEBSITE_SITE_NAME") != "")
	usual := debug.SetGCPercent(50)
	a := Start(ctx, p, log)
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

// maxMemory is when the collector begins to work harder than usual: a pass
// over deep queues shares the smallest instance with the host.
const maxMemory = 44 << 20

// Main is [Serve] as a program of its own.
func Main(ctx context.Context) error {
	debug.SetMemoryLimit(maxMemory)
	return Serve(ctx, Process{Getenv: os.Getenv, Out: os.Stdout})
}

// relax restores the usual garbage collection once the app is built. Compiling
// conditions leaves much garbage, and then the process is idle: with the usual
// setting it would keep that memory.
func (a *App) relax(usual int) {
	<-a.ready
	debug.SetGCPercent(usual)
}
