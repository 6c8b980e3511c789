package errorqueue

import (
	"fmt"

	"golang.org/x/sync/errgroup"
)

// defaultWriters is how many rows a pass writes concurrently.
const defaultWriters = 16

func (w *Watch) writers() int { return orDefault(w.Writers, defaultWriters) }

// parallel calls f for 0 to n-1, at max max at a time. A call that fails stops
// no other: the error says how many failed, and why the first did.
func parallel(max, n int, f func(int) error) error {
	var all errgroup.Group
	all.SetLimit(max)
	errs := make([]error, n)
	for i := range n {
		all.Go(func() error {
			errs[i] = f(i)
			return nil
		})
	}
	_ = all.Wait()
	var first error
	failed := 0
	for _, err := range errs {
		if err != nil {
			if failed++; failed == 1 {
				first = err
			}
		}
	}
	if failed < 2 {
		return first
	}
	return fmt.Errorf("%d of %d, first: %w", failed, n, first)
}
