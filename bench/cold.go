package main

import (
	"context"
	"time"
)

// cold measures what the Functions host waits for when it starts us.
func cold(ctx context.Context, l *lab) ([]line, error) {
	handler, empty, err := l.programs()
	if err != nil {
		return nil, err
	}
	settings, err := l.settings(rules(), "", "")
	if err != nil {
		return nil, err
	}
	firstAnswer := func(path string) func() (float64, error) {
		return func() (float64, error) {
			p, took, err := start(ctx, path, settings...)
			if err != nil {
				return 0, err
			}
			p.stop()
			return milliseconds(took), nil
		}
	}
	got, err := inTurns(25, firstAnswer(handler), firstAnswer(empty))
	if err != nil {
		return nil, err
	}
	return []line{{What: "handler: exec → first answer to GET /", Unit: "ms", pair: got, Budget: atMost(8), Beside: "an empty net/http program"}}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
