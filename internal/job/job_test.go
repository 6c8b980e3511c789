package job_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/job"
)

// No job waits longer for one that hangs than that one's budget.
func TestEachJobHasItsOwnBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ran []string
		note := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				mu.Lock()
				ran = append(ran, name)
				mu.Unlock()
				<-ctx.Done()
				return ctx.Err()
			}
		}
		table := []job.Job{
			{Name: "long", Budget: 3 * time.Minute, Run: note("long")},
			{Name: "beside", Budget: time.Minute, Run: note("beside"), Beside: time.Minute},
			{Name: "short", Budget: time.Second, Run: note("short")},
		}
		begun := time.Now()
		err := job.Run(t.Context(), table)
		took := time.Since(begun)
		if want := []string{"long", "beside", "beside", "short"}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
		if took != job.Budget(table) || took != 4*time.Minute+time.Second {
			t.Errorf("took %v of %v", took, job.Budget(table))
		}
		for _, want := range []string{"long: ", "beside: ", "short: "} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not say %q", err, want)
			}
		}
	})
}
