package outbox_test

import (
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
	emulator "github.com/busbell/busbell/internal/emulator/slack"
)

// chaos is a Slack with which, of a thousand calls, so many go wrong in each
// of these ways.
type chaos struct {
	slack *emulator.Server
	roll  func(n int) int
	slow  time.Duration // longer than a call may take
	mu    sync.Mutex
	met   map[string]int
}

var mishaps = []struct {
	of    int
	fault control.Fault
}{
	{2, control.Fault{Kind: control.RateLimit}},
	{20, control.Fault{Kind: control.ServerError}},
	{30, control.Fault{Kind: control.ServerErrorAfterAccept}},
	{15, control.Fault{Kind: control.Drop}},
	{40, control.Fault{Kind: control.DropAfterAccept}},
	{10, control.Fault{Kind: control.DelayAfterAccept}},
	{10, control.Fault{Kind: control.HTML}},
	{20, control.Fault{Kind: control.HTMLAfterAccept}},
}

func (c *chaos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := path.Base(r.URL.Path)
	if strings.HasPrefix(r.URL.Path, "/upload/") {
		method = "upload"
	}
	at := c.roll(1000)
	for _, m := range mishaps {
		if at -= m.of; at >= 0 {
			continue
		}
		f := m.fault
		f.Method, f.Times = method, 1
		if f.Kind == control.DelayAfterAccept {
			f.Delay = c.slow + time.Duration(c.roll(100))*time.Millisecond
		}
		c.mu.Lock()
		c.met[string(f.Kind)]++
		c.mu.Unlock()
		c.slack.Fail(f)
		break
	}
	c.slack.ServeHTTP(w, r)
}
