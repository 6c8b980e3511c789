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
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/busbell/busbell/internal/demo/shop"
	"github.com/busbell/busbell/internal/emulator/functions"
)

// Config says what to run, where to show it, and for how long.
type Config struct {
	Dir  string        // the folder of host.json, busbell.yaml and bin/handler
	Addr string        // of the page; another is taken where it is in use
	For  time.Duration // after which Run judges what was seen; 0: until ctx ends
	Out  io.Writer     // takes a few lines on what happens
}

// Run runs the demo until ctx ends or its time is over. If it has a time, an
// error says what should have been seen by then and was not.
func Run(ctx context.Context, cfg Config) error {
	out := &console{out: cfg.Out}
	cloud, err := openCloud(cfg.Addr, out)
	if err != nil {
		return err
	}
	defer func() { _ = cloud.Close() }()
	host, err := startHost(cfg, cloud, out.host)
	if err != nil {
		return err
	}
	defer stopHost(host)
	out.welcome(cloud.URL, !strings.Contains(cloud.Bus.ConnectionString(), busAddr))
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

// within is a context for some time; 0 is for ever.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// Where local.settings.json looks for the stand-ins, and with it the other
// commands.
const (
	pageAddr  = "127.0.0.1:9700"
	busAddr   = "127.0.0.1:5672"
	adminAddr = "127.0.0.1:5300"
)

// openCloud takes another port where the one asked for is in use. A demo whose
// page is where local.settings.json says has its Service Bus there too, if
// nobody else has: what messages name, busbell failures show, then works.
func openCloud(addr string, out *console) (*Cloud, error) {
	cfg := CloudConfig{Bus: shop.Entities(EventsQueue, RecoveryQueue), ChatAddr: addr, Channels: []string{"#bus-errors", "#milestones"}}
	if addr == pageAddr {
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

// watch lets the story play and tells about it. It returns when ctx has ended
// or nothing can follow any more, and nothing of it goes on then.
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
