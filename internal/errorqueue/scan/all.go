package scan

import (
	"context"
	"sync"
	"sync/atomic"
)

// All polls scans to their ends, at most workers at a time, beginning with one of
// them. Each source is polled once before any is polled again.
func All(ctx context.Context, scans []*Scan, workers, first int) {
	if len(scans) == 0 {
		return
	}
	next := make(chan *Scan, len(scans)) // holds each scan at most once
	for i := range scans {
		next <- scans[(i+first)%len(scans)]
	}
	var left atomic.Int64
	left.Store(int64(len(scans)))
	var all sync.WaitGroup
	for range min(workers, len(scans)) {
		all.Go(func() {
			for s := range next {
				if ctx.Err() == nil && s.Poll(ctx) {
					next <- s
				} else if left.Add(-1) == 0 {
					close(next)
				}
			}
		})
	}
	all.Wait()
}
