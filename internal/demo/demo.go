// Package demo shows Busbell at work on a small shop whose services fail.
//
// [Run] opens the cloud, which is the emulators of Service Bus, Slack and
// OpsGenie, starts the real handler as the Functions host does, and plays a
// story in the shop. What Busbell makes of it arrives at the emulators, and
// they show it on their page and on the console. The demo itself sends nothing
// to Slack or OpsGenie.
//
// It never talks to a real service, whatever the environment says, and leaves no
// process behind.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/busbell/busbell/internal/demo/shop"
	"github.com/busbell/busbell/internal/emulator/functions"
)

// Config says what to run, where to show it, and for how long.
type Config struct {
	Dir  string        // of host.json, busbell.yaml and bin/handler; "": the files inside this program
	Addr string        // of the page; if it is in use, another one is used
	For  time.Duration // after which Run checks what was seen; 0: until ctx ends
	Out  io.Writer     // for the lines of the console
}

// Run runs the demo until ctx ends or its time is over. After that time the error
// says what should have been seen and was not.
func Run(ctx context.Context, cfg Config) error {
	out := &console{out: cfg.Out}
	cloud, err := openCloud(cfg.Addr, out)
	if err != nil {
		return err
	}
	defer func() { _ = cloud.Close() }()
	inside := cfg.Dir == ""
	if inside {
		if cfg.Dir, err = unpack(); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(cfg.Dir) }() // after the handler, which reads it, has ended
	}
	host, err := startHost(cfg, cloud, out.host)
	if err != nil {
		return err
	}
	defer stopHost(host)
	out.welcome(cloud.URL, inside || !strings.Contains(cloud.Bus.ConnectionString(), busAddr))
	if err := ready(ctx, host); err != nil {
		return ended(ctx, err)
	}
	services, err := shop.Open(cloud.Bus.ConnectionString())
	if err != nil {
		return err
	}
	defer services.Close()
	playing, cancel := within(ctx, cfg.For)
	defer cancel()
	err = watch(playing, &stage{cloud: cloud, shop: services, say: out.say}, host, out)
	if err != nil || cfg.For == 0 {
		return err
	}
	return out.verdict(cloud, services.Failed(), cfg.For)
}

// within is a context with a timeout; 0 is none.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// Where local.settings.json, and with it every other command, looks for the
// emulators.
const (
	pagePort  = ":9700"
	busAddr   = "127.0.0.1:5672"
	adminAddr = "127.0.0.1:5300"
)

// openCloud uses another port if addr is in use. If the port is the one of
// local.settings.json and its ports of Service Bus are free, it uses these too, so
// that busbell failures show works for the messages of the demo.
func openCloud(addr string, out *console) (*Cloud, error) {
	cfg := CloudConfig{Bus: shop.Entities(EventsQueue, RecoveryQueue), ChatAddr: addr, Channels: []string{"#bus-errors", "#milestones"}}
	if strings.HasSuffix(addr, pagePort) {
		cfg.Bus.Addr, cfg.Bus.AdminAddr = busAddr, adminAddr
		if cloud, err := OpenCloud(cfg); !errors.Is(err, syscall.EADDRINUSE) {
			return cloud, err
		}
		cfg.Bus.Addr, cfg.Bus.AdminAddr = "", ""
	}
	cloud, err := OpenCloud(cfg)
	if errors.Is(err, syscall.EADDRINUSE) {
		out.print("%s is in use, so the page is somewhere else.", addr)
		cfg.ChatAddr = ""
		cloud, err = OpenCloud(cfg)
	}
	return cloud, err
}

// ready waits until the handler answers.
func ready(ctx context.Context, host *functions.Host) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := host.Ready(ctx); err != nil {
		return fmt.Errorf("waiting for the handler to answer: %w", err)
	}
	return nil
}

// watch plays the story and prints what happens. It returns when ctx ends, the story
// fails, or the host gives up; then nothing goes on in the background.
func watch(ctx context.Context, s *stage, host *functions.Host, out *console) error {
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	defer telling.Wait()
	defer cancel()
	telling.Go(func() { out.chat(ctx, s.cloud.Slack) })
	telling.Go(func() { out.pager(ctx, s.cloud.Pager) })
	played := make(chan error, 1)
	telling.Go(func() { played <- s.play(ctx) })
	select {
	case err := <-played:
		return err
	case <-host.Done():
		return fmt.Errorf("the Functions host has given up: %w", host.Err())
	case <-ctx.Done():
		return nil
	}
}
