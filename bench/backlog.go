package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

// depths are the backlogs that are looked at.
var depths = []int{1_000, 100_000, 1_000_000}

// backlog measures a pass over what has not changed since the last one, and
// how often it asks the ledger. The deepest is held against the next one.
func backlog(ctx context.Context, _ *lab) ([]line, error) {
	queues, shallow := make([]string, len(depths)), make([]string, 10)
	for i, depth := range depths {
		queues[i] = "error-" + strconv.Itoa(depth)
	}
	for i := range shallow {
		shallow[i] = fmt.Sprintf("error-%02d", i)
	}
	b, err := startBus(ctx, append(shallow, queues...)...)
	if err != nil {
		return nil, err
	}
	defer b.stop()
	client, err := servicebus.New(servicebus.Config{ConnectionString: setting.Secret(b.connection)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close(ctx) }()
	passes := make([]*repeated, len(depths))
	for i, depth := range depths {
		if err := b.fill(ctx, queues[i], depth, letter); err != nil {
			return nil, err
		}
		if passes[i], err = newRepeated(client, queues[i]); err != nil {
			return nil, err
		}
		if err := passes[i].first(ctx, depth); err != nil {
			return nil, err
		}
	}
	calls, err := ledgerCalls(ctx, b, client, shallow)
	if err != nil {
		return nil, err
	}
	took := make([][]float64, len(depths))
	for range 9 {
		for i, p := range passes {
			ms, err := p.again(ctx)
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], ms)
		}
	}
	var lines []line
	for i, depth := range depths {
		name := fmt.Sprintf("unchanged backlog of %d thousand", depth/1000)
		l := line{What: name + ": a pass", Unit: "ms", pair: against(median(took[i]), median(took[max(i-1, 0)]))}
		if l.Beside = "the backlog above"; i == 0 {
			l.pair, l.Beside = pair{Ours: median(took[0])}, ""
		}
		if i == len(depths)-1 {
			l.Budget = budget{Limit: 1.3, OfRatio: true}
		}
		lines = append(lines, l)
	}
	return append(lines,
		line{What: "unchanged backlog: calls of the ledger, one source alone", Unit: "calls", pair: pair{Ours: float64(passes[1].last)}, Budget: atMost(6)},
		line{What: "unchanged backlog: calls of the ledger a source, of ten", Unit: "calls", pair: pair{Ours: calls}, Budget: atMost(5)}), nil
}

// ledgerCalls is how often a pass over some sources, each too deep for one
// look, asks the ledger, by source.
func ledgerCalls(ctx context.Context, b *bus, client *servicebus.Client, queues []string) (float64, error) {
	const depth, stretch = 300, 100
	for _, queue := range queues {
		if err := b.fill(ctx, queue, depth, letter); err != nil {
			return 0, err
		}
	}
	r, err := newRepeated(client, queues...)
	if err != nil {
		return 0, err
	}
	r.watch.Batch = stretch
	if err := r.first(ctx, depth*len(queues)); err != nil {
		return 0, err
	}
	_, err = r.again(ctx)
	return float64(r.last) / float64(len(queues)), err
}

// letter is a small failed message.
func letter(i int) *azservicebus.Message {
	id := strconv.Itoa(i)
	return &azservicebus.Message{
		MessageID: &id, Body: []byte(`{"OrderId":` + id + `}`),
		ApplicationProperties: map[string]any{
			"rbs2-msg-id": id, "rbs2-msg-type": fmt.Sprintf("Shop.Billing.Charge%d, Shop.Billing", i%20), "rbs2-source-queue": "shop.billing",
			"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.Billing.CardExpired: expired\n   at Shop.Billing.Charge.Handle(Charge m)",
		},
	}
}

// A repeated watch makes pass after pass over one queue.
type repeated struct {
	watch  *errorqueue.Watch
	ledger *ledgertest.Counting
	last   int64 // calls of the last pass
}

func newRepeated(client *servicebus.Client, queues ...string) (*repeated, error) {
	l := &ledgertest.Counting{Ledger: new(ledger.Memory)}
	w, err := newWatch(client, l, queues...)
	return &repeated{watch: w, ledger: l}, err
}

// first makes the pass that meets the backlog.
func (r *repeated) first(ctx context.Context, depth int) error {
	p, err := r.watch.Run(ctx)
	if err != nil {
		return err
	}
	if _, err := p.Due.Deliver(ctx); err != nil {
		return err
	}
	known, err := r.watch.Incidents.All(ctx)
	if err != nil {
		return err
	}
	return check(known, 20, depth)
}

// again makes one more pass and tells how long it took, in milliseconds.
func (r *repeated) again(ctx context.Context) (float64, error) {
	r.ledger.Reset()
	begun := time.Now()
	p, err := r.watch.Run(ctx)
	if err == nil {
		_, err = p.Due.Deliver(ctx)
	}
	took := milliseconds(time.Since(begun))
	r.last = r.ledger.Calls()
	return took, err
}
