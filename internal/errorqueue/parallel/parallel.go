// Package parallel makes many calls concurrently, a bounded number at a time.
package parallel

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Each calls f for 0 to n-1, at most max at a time. A failed call does
// not stop others. The error holds the number of failures and the first error.
func Each(max, n int, f func(int) error) error {
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
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	return fmt.Errorf("%d of %d, first: %w", len(errs), n, errs[0])
}
