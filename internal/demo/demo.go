// Package demo is a small shop whose services fail, and the demo around it:
// what a stranger watches in the first minute with Busbell.
//
// [Run] opens the cloud, which is the stand-ins for Service Bus, Slack and
// OpsGenie, starts the real handler as the Functions host does, and lets the
// story play: messages and events in Rebus's own format, sent with the real
// client. What Busbell makes of them arrives at the stand-ins, and from there
// on the page and the console. The demo itself tells nobody anything.
//
// The promise: it never talks to a real service, whatever the environment
// says, and it leaves no process behind.
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
	out.welcome(cloud.URL)
	if err := ready(ctx, host); err != nil {
		return ended(ctx, err)
	}
	err = watch(ctx, cfg.For, cloud, host, out)
	if err != nil || cfg.For == 0 {
		return err
	}
	return out.verdict(cloud, cfg.For)
}

// openCloud takes another port where the one asked for is in use.
func openCloud(addr string, out *console) (*Cloud, error) {
	cfg := CloudConfig{Bus: entities(), ChatAddr: addr, Channels: []string{"#bus-errors", "#milestones"}}
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

// watch lets the story play, tells about it, and returns when the time is
// over, ctx has ended or the host has given up.
func watch(ctx context.Context, limit time.Duration, cloud *Cloud, host *functions.Host, out *console) error {
	ctx, cancel := context.WithCancel(ctx)
	if limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	shop, err := openShop(cloud.Bus.ConnectionString())
	if err != nil {
		cancel()
		return err
	}
	var telling sync.WaitGroup
	defer telling.Wait()
	defer shop.close()
	defer cancel()
	telling.Go(func() { out.chat(ctx, cloud.Slack) })
	telling.Go(func() { out.pager(ctx, cloud.Pager) })

	played := make(chan error, 1)
	telling.Go(func() {
		s := &stage{cloud: cloud, shop: shop, say: out.say}
		played <- s.play(ctx)
	})
	select {
	case err := <-played:
		return err
	case <-host.Done():
		return fmt.Errorf("the Functions host has given up: %w", host.Err())
	case <-ctx.Done():
		return nil
	}
}

// verdict prints what was seen; its error names what was not.
func (c *console) verdict(cloud *Cloud, after time.Duration) error {
	s := judge(cloud.Slack.Snapshot(), cloud.Pager.Snapshot())
	c.print("")
	c.print("Seen in %s:", after)
	for _, step := range s.steps() {
		mark := "✓"
		if !step.seen {
			mark = "✗"
		}
		c.print("  %s %s", mark, step.name)
	}
	if missing := s.missing(); len(missing) > 0 {
		return fmt.Errorf("not seen within %s: %s; give it more time: busbell demo --for 60s", after, strings.Join(missing, ", "))
	}
	return nil
}

func (c *console) welcome(url string) {
	c.print("")
	c.print("  🔔 Busbell   %s", url)
	c.print("")
	c.print("  That page is Slack and the pager, as Busbell sees them. A small shop now sends real")
	c.print("  messages over AMQP to bin/handler. Ctrl-C ends all of it.")
	c.print("")
}

// print prints a line that is no event.
func (c *console) print(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, format+"\n", args...) // nobody to tell
}
