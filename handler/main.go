// Command handler is the program that the Azure Functions host starts.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/busbell/busbell/internal/app"
)

// mostMemory is when the collector begins to work harder than usual: a pass
// over deep queues shares the smallest instance with the host.
const mostMemory = 44 << 20

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	debug.SetMemoryLimit(mostMemory)
	if err := app.Serve(ctx, app.Process{Getenv: os.Getenv, Out: os.Stdout}); err != nil {
		fmt.Fprintln(os.Stderr, "handler:", err)
		os.Exit(1)
	}
}
