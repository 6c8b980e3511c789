package slack

import (
	"net/http"
	"sync"
	"time"
)

// A serverClock is the clock of Slack, which sets the ts of messages. It is read from
// the Date of the last answer; before the first answer it is this machine's clock.
type serverClock struct {
	mu     sync.Mutex
	date   time.Time
	readAt time.Time
}

func (c *serverClock) read(answer http.Header) {
	date, err := http.ParseTime(answer.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.readAt = date, time.Now()
}

func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.date.IsZero() {
		return time.Now()
	}
	return c.date.Add(time.Since(c.readAt))
}
