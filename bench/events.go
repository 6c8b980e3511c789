package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// wantedEvent is the type that one rule wants.
const wantedEvent = "Shop.Orders.OrderPlaced"

// hostCalls is how many events a host has under way at once: it takes 16 of
// a queue, and two hosts are not unusual.
const hostCalls = 32

// events measures the handler itself, with 50 rules of which one wants the
// type and finds its condition false. Handler and callers share the machine.
func events(ctx context.Context, l *lab) ([]line, error) {
	handler, empty, err := l.programs()
	if err != nil {
		return nil, err
	}
	settings, err := l.settings(rules(), "", "")
	if err != nil {
		return nil, err
	}
	call := request(eventRoute, eventEnvelope())
	rate := func(path string) (func() (float64, error), func(), error) {
		p, _, err := start(ctx, path, settings...)
		if err != nil {
			return nil, nil, err
		}
		return func() (float64, error) { return load(p.addr, call, hostCalls, time.Second) }, p.stop, nil
	}
	ours, stop, err := rate(handler)
	if err != nil {
		return nil, err
	}
	defer stop()
	baseline, stop, err := rate(empty)
	if err != nil {
		return nil, err
	}
	defer stop()
	if _, err := ours(); err != nil { // the first call waits for the conditions
		return nil, err
	}
	got, err := inTurns(5, ours, baseline)
	if err != nil {
		return nil, err
	}
	return []line{{What: "events by 50 rules, none says a word", Unit: "/s", pair: got, Budget: atLeast(15_000), Beside: "an empty net/http program"}}, nil
}

// rules is a busbell.yaml with 50 features.
func rules() string {
	var b strings.Builder
	b.WriteString(watching("error"))
	b.WriteString("features:\n")
	for i := range 49 {
		fmt.Fprintf(&b, "  - {name: milestone %d, event: Shop.Loyalty.Milestone%d, when: 'event.Count >= %d', say: \"{event.CustomerName} did it\"}\n", i, i, 10*i)
	}
	fmt.Fprintf(&b, "  - {name: large order, event: %s, when: 'event.Total >= 1000', say: \"order {event.OrderId}\"}\n", wantedEvent)
	return b.String()
}
