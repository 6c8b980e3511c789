package functions

import (
	"context"
	"time"
)

// A clock runs one timer function. Scheduled runs never overlap: the next is
// planned when one has ended. Runs by hand overlap with anything.
type clock struct {
	*timerTrigger
	fn     *function
	stored timerStatus // what a run by hand is told; guarded by Host.mu
}

// keepTime runs the timer by its schedule until ctx ends.
func (h *Host) keepTime(ctx context.Context, c *clock) {
	status := timerStatus{next: h.stored(c).next}
	if c.runOnStartup {
		status = h.scheduled(c, status, time.Now().UTC())
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(status.next)):
			status = h.scheduled(c, status, time.Now().UTC())
		}
	}
}

// scheduled makes one run and plans the following, which is due at once if
// this run took longer than its turn. A failed run is not repeated.
func (h *Host) scheduled(c *clock, status timerStatus, began time.Time) timerStatus {
	_ = h.ring(c, status) // an event tells the outcome
	from := began
	if early := status.next.Sub(began); early > 0 && early < time.Second {
		from = status.next
	}
	status = timerStatus{last: began, next: c.schedule.next(from), updated: began}
	h.store(c, status)
	return status
}

// ring invokes the timer's function once.
func (h *Host) ring(c *clock, status timerStatus) error {
	known := &status
	if !c.monitored {
		known = nil
	}
	s := newStamp(c.fn.name)
	return h.invoke(c.fn.name, timerEnvelope(c.fn.binding, c.schedule.adjustsForDST(), known, false, s), h.trace(""))
}

func (h *Host) store(c *clock, status timerStatus) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.stored = status
}

func (h *Host) stored(c *clock) timerStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	return c.stored
}
