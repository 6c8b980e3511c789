package slack

import (
	"net/http"
	"sync"
	"time"
)

// A serverClock tells Slack's time, by which messages are named. It goes by
// the Date of the last answer; before the first it is this machine's.
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
