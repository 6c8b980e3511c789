package main

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// sessions measures what the stand-in's sessions cost: the same messages
// through a queue with ten of them, beside a queue without.
func sessions(ctx context.Context, _ *lab) ([]line, error) {
	const many = 10
	b, err := startBus(ctx, "letters", inSessions+"letters")
	if err != nil {
		return nil, err
	}
	defer b.stop()
	rate := func(step func() error) func() (float64, error) {
		return func() (float64, error) {
			begun := time.Now()
			err := step()
			return letters / time.Since(begun).Seconds(), err
		}
	}
	inSession := func(i int) *azservicebus.Message {
		m := kilobyte(i)
		m.SessionID = new(strconv.Itoa(i % many))
		return m
	}
	sendOurs := rate(func() error { return b.fill(ctx, inSessions+"letters", letters, inSession) })
	sendPlain := rate(func() error { return b.fill(ctx, "letters", letters, kilobyte) })
	receiveOurs := rate(func() error { return b.completeSessions(ctx, inSessions+"letters", many, letters/many) })
	receivePlain := rate(func() error { return b.complete(ctx, "letters", letters) })
	var sent, received pair
	var sends, receives []pair
	for range 3 { // what is received was sent before
		if sent, err = inTurns(1, sendOurs, sendPlain); err != nil {
			return nil, err
		}
		if received, err = inTurns(1, receiveOurs, receivePlain); err != nil {
			return nil, err
		}
		sends, receives = append(sends, sent), append(receives, received)
	}
	return []line{
		{What: "emulator: send 10,000 × 1 KB in ten sessions", Unit: "/s", pair: medians(sends), Budget: ratioAtLeast(0.5), Beside: "a queue without sessions"},
		{What: "emulator: receive, complete them", Unit: "/s", pair: medians(receives), Budget: ratioAtLeast(0.5), Beside: "a queue without sessions"},
	}, nil
}

// medians is the pair of the medians.
func medians(pairs []pair) pair {
	var ours, baseline, ratio []float64
	for _, p := range pairs {
		ours, baseline, ratio = append(ours, p.Ours), append(baseline, p.Baseline), append(ratio, p.Ratio)
	}
	return pair{median(ours), median(baseline), median(ratio)}
}

// completeSessions takes sessions one after the other and completes each
// one's messages.
func (b *bus) completeSessions(ctx context.Context, queue string, many, each int) error {
	for range many {
		r, err := b.client.AcceptNextSessionForQueue(ctx, queue, nil)
		if err != nil {
			return fmt.Errorf("accept a session of %s: %w", queue, err)
		}
		err = completeAll(ctx, r, each)
		_ = r.Close(ctx)
		if err != nil {
			return fmt.Errorf("session %s of %s: %w", r.SessionID(), queue, err)
		}
	}
	return nil
}

// million measures the memory of the stand-in with a million messages in it.
// Only Linux tells.
func million(ctx context.Context, _ *lab) ([]line, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	const many = 1_000_000
	b, err := startBus(ctx, "letters")
	if err != nil {
		return nil, err
	}
	defer b.stop()
	begun := time.Now()
	if err := b.fill(ctx, "letters", many, kilobyte); err != nil {
		return nil, err
	}
	rate := many / time.Since(begun).Seconds()
	peak, err := memoryOf(b.cmd.Process.Pid, peakMemory)
	if err != nil {
		return nil, err
	}
	const bodies = many >> 10 // MiB
	return []line{
		{What: "emulator: send 1,000,000 × 1 KB", Unit: "/s", pair: against(rate, rate), Beside: "itself"},
		{What: "emulator: memory, peak with them", Unit: "MiB", pair: against(peak, bodies), Budget: atMost(2048), Beside: "their bodies"},
	}, nil
}
