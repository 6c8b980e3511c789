//go:build unix

package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// A kind is one problem of the shop, and the lives that it has had. It comes
// back once at the most: what comes back more often is damped.
type kind struct {
	name  string
	queue int
	place int
	paged bool
	brief bool // its trace fits into a thread
	lives []*life
}

type life struct {
	lying   int // messages
	grown   bool
	clicked bool // somebody got an answer
	tried   bool // or none
}

func (k *kind) life() *life { return k.lives[len(k.lives)-1] }

// tend is what happens in one queue: failures of some kinds come, then more of
// the same; people click; somebody takes it all away. A pass sees each of it.
func (d *badDay) tend(ctx context.Context, queue int) {
	for {
		kinds := d.arrive(queue)
		if !d.fail(queue, kinds...) || !d.passes.next(ctx) {
			return
		}
		owed := 2 * len(kinds) // the page and its trace
		for _, k := range kinds {
			switch d.roll(6) {
			case 0, 1:
				if !d.fail(queue, k) {
					return
				}
				k.life().grown = true
				owed += 2 // a line and an edit
			case 2:
				d.click(ctx, k)
				owed += 2
			}
			if k.paged {
				owed++
			}
		}
		if !d.passes.next(ctx) || d.owes(owed) {
			return
		}
		d.take(queueName(queue))
		for _, k := range kinds {
			k.life().lying = 0
		}
		if !d.passes.next(ctx) {
			return
		}
		d.owes(2 * len(kinds))
	}
}

// arrive are the kinds that fail next: new ones, old ones, now and then so
// many in one place that they become a digest.
func (d *badDay) arrive(queue int) []*kind {
	number, place := 1+d.roll(4), -1
	if d.roll(12) == 0 {
		number, place = 7, 4*queue+d.roll(4)
	}
	var kinds []*kind
	for _, k := range d.all() {
		if k.queue == queue && len(k.lives) == 1 && len(kinds) < number && d.roll(3) == 0 {
			kinds = append(kinds, k)
		}
	}
	for len(kinds) < number {
		k := &kind{queue: queue, place: place, brief: d.roll(2) == 0, paged: d.roll(3) == 0}
		if place < 0 {
			k.place = 4*queue + d.roll(4)
		}
		d.mu.Lock()
		k.name = fmt.Sprintf("Kind%04d", len(d.kinds))
		if k.paged {
			k.name = "Paged" + k.name
		}
		d.kinds = append(d.kinds, k)
		d.mu.Unlock()
		kinds = append(kinds, k)
	}
	for _, k := range kinds {
		k.lives = append(k.lives, &life{})
	}
	return kinds
}

func (d *badDay) all() []*kind {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*kind(nil), d.kinds...)
}

// fail lets one message of each kind fail, all at once.
func (d *badDay) fail(queue int, kinds ...*kind) bool {
	ctx := bounded(d.t)
	sender, err := d.team.bus().NewSender(queueName(queue), nil)
	if err != nil {
		d.t.Error(err)
		return false
	}
	defer func() { _ = sender.Close(ctx) }()
	batch, err := sender.NewMessageBatch(ctx, nil)
	for _, k := range kinds {
		k.life().lying++
		if err == nil {
			err = batch.AddMessage(d.failure(k), nil)
		}
	}
	if err == nil {
		err = sender.SendMessageBatch(ctx, batch, nil)
	}
	if err != nil {
		d.t.Error(err)
	}
	return err == nil
}

func (d *badDay) failure(k *kind) *azservicebus.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.messages(order, 1, func(_ int, properties map[string]any) {
		properties["rbs2-msg-type"] = fmt.Sprintf("Shop.Place%02d.%s, Shop.Contracts", k.place, k.name)
		if details := properties["rbs2-error-details"].(string); k.brief {
			properties["rbs2-error-details"] = details[:strings.LastIndexByte(details[:2500], '\n')]
		}
	})[0]
}

// click lets somebody acknowledge or snooze a problem as soon as its page is
// there, once more where no answer comes, and now and then two people at once.
func (d *badDay) click(ctx context.Context, k *kind) {
	l := k.life()
	c := slack.Click{Channel: slack.ChannelID(placeName(k.place)), ActionID: "acknowledge", User: "U0ANN"}
	if d.roll(2) == 0 {
		c.ActionID = "snooze/4h"
	}
	for range 100 {
		if pages := d.pages(k); len(pages) == len(k.lives) {
			c.TS = pages[len(pages)-1].TS
			break
		}
		sleep(ctx, 100*time.Millisecond)
	}
	for times := 0; c.TS != "" && !l.clicked && sleep(ctx, 100*time.Millisecond); times++ {
		if times == 100 {
			d.t.Errorf("%s on %s was never answered", c.ActionID, k.name)
			return
		}
		var both sync.WaitGroup
		answers := make([]error, 1+d.roll(3)/2)
		for n := range answers {
			both.Go(func() { _, answers[n] = d.slack.Click(ctx, c) })
		}
		both.Wait()
		l.tried = true
		for _, err := range answers {
			l.clicked = l.clicked || err == nil
			if err != nil && strings.Contains(err.Error(), "no such button") {
				return // an earlier click was heard, and got no answer
			}
		}
	}
}

// pages are the messages of a kind alone, one for each of its lives.
func (d *badDay) pages(k *kind) []slack.Message {
	var found []slack.Message
	for _, m := range d.roots(placeName(k.place)) {
		if strings.Contains(m.Text, "*"+k.name+"*") {
			found = append(found, m)
		}
	}
	return found
}

// publish lets events come, each delivered until somebody has taken it and
// then sometimes again, or to both at once.
func (d *badDay) publish(ctx context.Context) {
	var deliveries sync.WaitGroup
	for sleep(ctx, d.wait(time.Duration(400+d.roll(3000))*time.Millisecond)) && !d.owes(1) {
		n := d.events
		d.events++
		body := fmt.Sprintf(`{"Place":%d,"Number":%d}`, n%killPlaces, n)
		e := event{fmt.Sprintf("reached-%d", n), "Shop.Reached", body}
		for range 1 + d.roll(8)/7 {
			deliveries.Go(func() { d.event(ctx, e) })
		}
	}
	deliveries.Wait()
}

func (d *badDay) event(ctx context.Context, e event) {
	for delivery, times := 1, 1+d.roll(4)/3; times > 0 && ctx.Err() == nil; delivery++ {
		if d.instances[d.roll(len(d.instances))].post(ctx, "/FeatureEventTrigger", e.envelope(fmt.Sprint(delivery))) {
			times--
		} else {
			sleep(ctx, 50*time.Millisecond)
		}
	}
}

// takeAll takes what still lies there.
func (d *badDay) takeAll() {
	d.t.Helper()
	for q := range killQueues {
		d.take(queueName(q))
	}
	for _, k := range d.kinds {
		k.life().lying = 0
	}
}
