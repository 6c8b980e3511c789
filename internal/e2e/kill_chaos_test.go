//go:build unix

package e2e

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/control"
)

// mishaps are how many calls of a thousand go wrong in which way.
var mishaps = []struct {
	of    int
	fault control.Fault
}{
	{3, control.Fault{Kind: control.RateLimit, RetryAfter: time.Second}},
	{20, control.Fault{Kind: control.ServerError}},
	{30, control.Fault{Kind: control.ServerErrorAfterAccept}},
	{15, control.Fault{Kind: control.Drop}},
	{40, control.Fault{Kind: control.DropAfterAccept}},
	{5, control.Fault{Kind: control.DelayAfterAccept, Delay: 40 * time.Second}}, // longer than a call may take
	{10, control.Fault{Kind: control.HTML}},
	{15, control.Fault{Kind: control.HTMLAfterAccept}},
}

// chaos stands before Slack, the pager and the table.
type chaos struct {
	roll func(n int) int
	calm atomic.Bool
	mu   sync.Mutex
	met  map[string]int
}

func (c *chaos) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.met[what]++
}

// unrest lets calls of Slack and the pager go wrong.
func (d *badDay) unrest() *chaos {
	c := &chaos{roll: d.roll, met: map[string]int{}}
	next := board.New(d.slack, d.pager)
	d.recorder.swap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		knobs := &d.slack.Knobs
		if strings.HasPrefix(r.URL.Path, "/v2/") {
			knobs = &d.pager.Knobs
		}
		if f, ok := c.mishap(); ok {
			f.Delay = d.wait(f.Delay)
			c.note(string(f.Kind))
			knobs.Fail(f)
		}
		next.ServeHTTP(w, r)
	}))
	return c
}

func (c *chaos) mishap() (control.Fault, bool) {
	at := c.roll(1000)
	for _, m := range mishaps {
		if at -= m.of; at < 0 {
			f := m.fault
			f.Times = 1
			return f, !c.calm.Load()
		}
	}
	return control.Fault{}, false
}

// errAnswerLost lets a proxy cut the connection.
var errAnswerLost = errors.New("the answer was lost")

// table is where the table is reached. It takes its time, and one answer in two
// hundred gets lost, and what it answers to was done.
func (c *chaos) table(t *testing.T, at string, takes time.Duration) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	proxy := through(u.Scheme + "://" + u.Host)
	proxy.ModifyResponse = func(*http.Response) error {
		if c.calm.Load() || c.roll(200) > 0 {
			return nil
		}
		c.note("answerOfTheTable")
		return errAnswerLost
	}
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(takes)
		proxy.ServeHTTP(w, r)
	})) + u.Path
}

// through passes calls on. Whoever gets no answer gives none.
func through(address string) *httputil.ReverseProxy {
	to, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
