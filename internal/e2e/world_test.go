package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/emulator/slack"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// The keys of the handler, which must never be seen.
const (
	slackToken  = "xoxb-e2e-token-of-the-bot"
	opsgenieKey = "e2e-key-of-the-pager"
)

// A world is all that lies outside of the handler, behind real sockets: the
// bus, Slack and OpsGenie at one address, and a recorder of what both were sent.
type world struct {
	t        *testing.T
	bus      *servicebus.Server
	slack    *slack.Server
	pager    *opsgenie.Server
	recorder *recorder
	chat     string // the address of Slack and OpsGenie
	down     func() // takes both down, until chatUp
	team     *team
	log      *journal
	clock    *clock // of the world; a handler under test has the real time
	leaks    []string

	answered int64 // the Rev of the last answer to a click that was looked at
}

// newWorld starts everything. When the test ends, nothing that was sent out
// or logged may hold a key, or a secret of a message that the test sent.
func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOf(t, []string{"bus-errors", "milestones"}, "error", "shop.billing")
}

// worldOf is a world with these channels and, beside our own, these queues.
func worldOf(t *testing.T, channels []string, queues ...string) *world {
	t.Helper()
	w := &world{t: t, log: newJournal(), clock: &clock{}}
	cfg := servicebus.Config{Queues: []servicebus.Queue{{Name: "busbell-events", MaxDeliveryCount: 3}}}
	for _, name := range queues {
		cfg.Queues = append(cfg.Queues, servicebus.Queue{Name: name})
	}
	var err error
	if w.bus, err = servicebus.Start(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.bus.Close() })
	w.slack = slack.New(slack.Config{Token: slackToken, Channels: channels, Strict: true, Now: w.clock.now})
	w.pager = opsgenie.New(opsgenie.Config{Key: opsgenieKey, Now: w.clock.now})
	w.recorder = &recorder{next: board.New(w.slack, w.pager)}
	w.chatUp()
	w.team = &team{t: t, connection: w.bus.ConnectionString()}
	t.Cleanup(w.checkLeaks)
	return w
}

// chatUp serves Slack and OpsGenie, on the address they had before if they
// were down.
func (w *world) chatUp() {
	w.t.Helper()
	addr := "127.0.0.1:0"
	if w.chat != "" {
		addr = strings.TrimPrefix(w.chat, "http://")
	}
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.chat = "http://" + l.Addr().String()
	server := &http.Server{Handler: w.recorder, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l)
	}()
	w.down = sync.OnceFunc(func() {
		_ = server.Close()
		<-ended
	})
	w.t.Cleanup(w.down)
}

// settings are those of a handler in this world; changes are "NAME=value",
// and the last of a name counts.
func (w *world) settings(changes ...string) []string {
	return append([]string{
		"ServiceBus=" + w.bus.ConnectionString(),
		"SLACK_BOT_TOKEN=" + slackToken, "SLACK_API_URL=" + w.chat,
		"OPSGENIE_API_KEY=" + opsgenieKey, "OPSGENIE_API_URL=" + w.chat,
		"STATE_TABLE_ENDPOINT=memory:",
		"FEATURE_EVENTS_QUEUE=busbell-events", "RECOVERY_QUEUE=busbell-recovery", "ERROR_QUEUE_SCHEDULE=0 0 0 1 1 *",
	}, changes...)
}

// checkLeaks looks for keys and for what messages held in secret.
func (w *world) checkLeaks() {
	log := w.log.String()
	for _, leak := range append([]string{slackToken, opsgenieKey}, w.leaks...) {
		if strings.Contains(log, leak) {
			w.t.Errorf("the log holds %q", leak)
		}
	}
	for _, leak := range w.leaks {
		whole := regexp.MustCompile(`(?:^|[^0-9A-Za-z])` + regexp.QuoteMeta(leak) + `(?:[^0-9A-Za-z]|$)`) // not within an id
		for _, sent := range w.recorder.sent() {
			if whole.MatchString(sent) {
				w.t.Errorf("a request holds %q: %s", leak, sent)
			}
		}
	}
}

// bounded is a context for one wait.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// A recorder passes requests on and remembers their bodies.
type recorder struct {
	mu     sync.Mutex
	next   http.Handler
	bodies []string
	gates  []*gate
}

// A gate holds back one call.
type gate struct {
	path    string
	arrived chan struct{}
	open    chan struct{}
}

// hold keeps back the next call whose path ends so, until the gate is opened
// or its caller has gone.
func (t *recorder) hold(path string) *gate {
	g := &gate{path, make(chan struct{}), make(chan struct{})}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gates = append(t.gates, g)
	return g
}

// until waits for the call.
func (g *gate) until(t *testing.T) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-bounded(t).Done():
		t.Fatalf("nobody called %s", g.path)
	}
}

// swap puts something else behind the address.
func (t *recorder) swap(next http.Handler) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = next
}

func (t *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	next, held := t.record(r.URL.Path, body.String())
	if held != nil {
		close(held.arrived)
		select {
		case <-held.open:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	r.Body = http.NoBody
	if body.Len() > 0 {
		r.Body = readCloser{&body}
	}
	next.ServeHTTP(w, r)
}

func (t *recorder) record(path, body string) (http.Handler, *gate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bodies = append(t.bodies, path+" "+body)
	at := slices.IndexFunc(t.gates, func(g *gate) bool { return strings.HasSuffix(path, g.path) })
	if at < 0 {
		return t.next, nil
	}
	held := t.gates[at]
	t.gates = slices.Delete(t.gates, at, at+1)
	return t.next, held
}

// sent are the requests so far, forms decoded too.
func (t *recorder) sent() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for _, b := range t.bodies {
		plain, err := url.QueryUnescape(b)
		if err == nil && plain != b {
			b += "\n" + plain
		}
		all = append(all, b)
	}
	return all
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

// A journal is a log that can be waited for.
type journal struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed at the next write
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.changed)
	j.changed = make(chan struct{})
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// until waits until the text has been written times times.
func (j *journal) until(t *testing.T, text string, times int) {
	t.Helper()
	ctx := bounded(t)
	for {
		j.mu.Lock()
		have, changed := strings.Count(j.text.String(), text), j.changed
		j.mu.Unlock()
		if have >= times {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("the log says %q %d times, want %d:\n%s", text, have, times, j)
		}
	}
}

// A clock goes as the real one does, and can be put forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// getenv looks a name up in a list of NAME=value, the last one first.
func getenv(list []string) func(string) string {
	return func(name string) string {
		for _, s := range slices.Backward(list) {
			if value, ok := strings.CutPrefix(s, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
