package errorqueue

import (
	"fmt"

	"golang.org/x/sync/errgroup"
)

// defaultWriters is how many rows a pass writes side by side.
const defaultWriters = 16

func (w *Watch) writers() int { return orDefault(w.Writers, defaultWriters) }

// parallel calls f for 0 to n-1, at most so many at a time. One that fails
// stops no other: the error says how many did, and why the first of them.
func parallel(most, n int, f func(int) error) error {
	var all errgroup.Group
	all.SetLimit(most)
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
