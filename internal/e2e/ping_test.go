package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

// A dead is a dead-man service that counts its pings.
type dead struct {
	mu     sync.Mutex
	pings  int
	answer int
}

func (d *dead) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method == http.MethodGet && r.URL.Path == "/ping/"+pingSecret {
		d.pings++
	}
	w.WriteHeader(d.answer)
}

func (d *dead) heard() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.pings = 0 }()
	return d.pings
}

const pingSecret = "4f1c2a9e-dead-man"

func TestOnlyAGoodPassPings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.leaks = append(w.leaks, pingSecret)
	service := &dead{answer: http.StatusOK}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	h := w.start(shop, "PING_URL="+server.URL+"/ping/"+pingSecret)
	h.pass()
	if n := service.heard(); n != 1 {
		t.Errorf("%d pings after a good pass, want 1", n)
	}

	w.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: "amqp:unauthorized-access", Times: 100})
	h.pass()
	if n := service.heard(); n != 0 {
		t.Errorf("%d pings while a source cannot be read", n)
	}
}

// As long as nobody knows what waits to be said, all may wait.
func TestAPassThatCannotReadItsNoticesDoesNotPing(t *testing.T) {
	t.Parallel()
	for _, partition := range []string{"notices", "channels"} {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.leaks = append(w.leaks, pingSecret)
			service := &dead{answer: http.StatusOK}
			server := httptest.NewServer(service)
			t.Cleanup(server.Close)
			g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
			g.only = partition
			config, _ := w.lasting()
			h := w.start(config, "STATE_TABLE_ENDPOINT="+g.address, "PING_URL="+server.URL+"/ping/"+pingSecret)
			h.pass()
			service.heard()
			w.fail("error", refund, 1)
			g.down.Store(true)
			wantError(t, h.tick(), "list")
			if n := service.heard(); n != 0 {
				t.Errorf("%d pings while nothing can be told", n)
			}
			g.down.Store(false)
			h.pass()
			if n := service.heard(); n != 1 {
				t.Errorf("%d pings once it can, want 1", n)
			}
		})
	}
}

func TestAPingThatFailsIsLoggedWithoutItsAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.leaks = append(w.leaks, pingSecret)
	for _, answer := range []int{http.StatusInternalServerError, http.StatusFound} {
		service := &dead{answer: answer}
		server := httptest.NewServer(service)
		t.Cleanup(server.Close)
		h := w.start(shop, "PING_URL="+server.URL+"/ping/"+pingSecret)
		h.pass()
		server.Close()
		h.pass()
	}
	if log := w.log.String(); strings.Count(log, "was not pinged") != 4 {
		t.Errorf("log: %s", log)
	}
}

func TestWhatWaitsForLongKeepsThePingBack(t *testing.T) {
	t.Parallel()
	d := newDriver(t)
	d.slack.Fail(control.Fault{Method: "chat.postMessage", Kind: control.RateLimit, RetryAfter: time.Hour})
	d.fail(1)
	d.pass()
	d.clock.forward(20 * time.Minute)
	if out := d.pass(); d.clock.now().Sub(out.Oldest) < 15*time.Minute {
		t.Errorf("delivery says that the oldest notice is of %s", out.Oldest)
	}
}
