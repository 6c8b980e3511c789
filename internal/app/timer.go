package app

import (
	"context"

	"github.com/busbell/busbell/internal/azfunc"
)

// tick runs what the clock runs: the pass over the error queues, which also
// delivers what earlier runs left unsaid.
func (a *App) tick(ctx context.Context, _ azfunc.Timer) error {
	h, err := a.house(ctx)
	if err != nil {
		return err
	}
	_, err = h.watch.Run(ctx)
	return err
}
