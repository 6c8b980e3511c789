// Command handler is the handler of the tests that kill it: its clock is wrong
// by HANDLER_CLOCK, and its waits are HANDLER_TIME_SCALE times shorter than
// those of the one that is published.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/busbell/busbell/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	wrong, err := time.ParseDuration(os.Getenv("HANDLER_CLOCK"))
	check(err)
	scale, err := strconv.Atoi(os.Getenv("HANDLER_TIME_SCALE"))
	check(err)
	check(app.Serve(ctx, app.Process{
		Getenv: os.Getenv, Out: os.Stdout, TimeScale: scale,
		Now: func() time.Time { return time.Now().Add(wrong) },
	}))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "handler:", err)
		os.Exit(1)
	}
}
