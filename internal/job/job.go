// Package job runs what the timer does, one job after the other.
package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
)

// A Job is one thing that the timer does. Each has its own budget of time, and
// runs whether or not the jobs before it have succeeded.
type Job struct {
	Name   string
	Budget time.Duration
	Run    func(context.Context) error

	// Beside is how long the job waits for those before it. After that it runs
	// beside them, and once more when they have ended. Zero means that it waits
	// until they have ended.
	Beside time.Duration
}

// Budget is the longest that jobs may take together, if one that runs beside
// others ends before they do.
func Budget(jobs []Job) (sum time.Duration) {
	for _, j := range jobs {
		sum += j.Budget
	}
	return sum
}

// Run runs jobs in their order. Its error joins theirs, each with its name.
func Run(ctx context.Context, jobs []Job) error {
	errs := make([]error, len(jobs))
	before := make(chan struct{})
	close(before)
	for i, j := range jobs {
		previous, ended := before, make(chan struct{})
		go func() {
			defer close(ended)
			if j.Beside > 0 {
				select {
				case <-previous:
				case <-time.After(j.Beside):
					errs[i] = j.once(ctx)
				}
			}
			<-previous
			errs[i] = errors.Join(errs[i], j.once(ctx))
		}()
		before = ended
	}
	<-before
	return errors.Join(errs...)
}

func (j Job) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, j.Budget)
	defer cancel()
	if err := azfunc.Guard(func() error { return j.Run(ctx) }); err != nil {
		return fmt.Errorf("%s: %w", j.Name, err)
	}
	return nil
}
