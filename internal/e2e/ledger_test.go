package e2e

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/emulator/functions"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// lasting is the shop in an environment of its own, whose ledger outlives
// every handler: the busbell.yaml and the setting.
func (w *world) lasting() (config, setting string) {
	config = strings.Replace(shop, "environment: e2e", "environment: e2e-"+rand.Text(), 1)
	return config, "STATE_TABLE_ENDPOINT=" + ledgertest.Azurite(w.t)
}

func TestARestartForgetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config, ledger := w.lasting()
	restart := func(h *handler) *handler {
		t.Helper()
		if h != nil {
			if err := h.end(); err != nil {
				t.Fatal(err)
			}
		}
		return w.start(config, ledger)
	}
	gold := event{"e-1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ann","Level":"Gold"}`}

	h := restart(nil)
	w.fail("error", refund, 2)
	h.pass()
	h.deliver(gold, "1")
	first := w.only("bus-errors")
	calls := w.slack.Snapshot().Calls

	h = restart(h)
	h.pass()
	h.deliver(gold, "2")
	if diff := cmp.Diff(calls, w.slack.Snapshot().Calls); diff != "" {
		t.Errorf("with no news, a restart had Slack called: %s", diff)
	}
	w.fail("error", refund, 1)
	h = restart(h)
	h.pass()
	edited := w.only("bus-errors")
	wantShown(t, edited, red, "3 failed *RefundRequested*")
	if edited.TS != first.TS {
		t.Errorf("told again as %s, was %s", edited.TS, first.TS)
	}
	w.take("error")
	h = restart(h)
	h.pass()
	wantShown(t, w.only("bus-errors"), green, "Resolved: 3 failed *RefundRequested*")
	w.only("milestones")
	if a := w.alert(); a.Open() || a.Count != 1 {
		t.Errorf("alert: %+v", a)
	}
}

// While the ledger cannot be read nobody knows what was said already, so
// nothing is said in the channel.
func TestALedgerThatIsDownIsAnErrorAndSilence(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{
		"connections cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"busy":            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"not allowed":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			config, _ := w.lasting()
			g := newGateway(t, fault)
			h := w.start(config, "STATE_TABLE_ENDPOINT="+g.address)
			w.fail("error", refund, 1)
			h.pass()
			calls := w.slack.Snapshot().Calls

			g.down.Store(true)
			w.fail("error", refund, 1)
			w.fail("error", order, 1)
			for range 2 {
				line := wantError(t, h.tick(), "table busbell at 127.0.0.1")
				if strings.Contains(line, "http://") || strings.Contains(line, "SharedKey") {
					t.Errorf("says too much: %s", line)
				}
			}
			if diff := cmp.Diff(calls, w.slack.Snapshot().Calls); diff != "" {
				t.Errorf("Slack was called: %s", diff)
			}

			g.down.Store(false)
			h.pass()
			wantShown(t, w.about("bus-errors", "2 failed", "RefundRequested"), red)
			wantShown(t, w.about("bus-errors", "1 failed", "OrderPlaced"), red)
			if n := len(w.roots("bus-errors")); n != 2 {
				t.Errorf("%d messages, want 2: %q", n, headlines(w.roots("bus-errors")))
			}
		})
	}
}

// An event that cannot be written down is held within its message's lock: one
// that fails is delivered again at once, and has one delivery less to go.
func TestAnEventWaitsForTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := make(chan struct{}, 100)
	g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		w.WriteHeader(http.StatusForbidden)
	})
	config, _ := w.lasting()
	h := w.start(config, "STATE_TABLE_ENDPOINT="+g.address)
	g.down.Store(true)
	answered := make(chan reply, 1)
	go func() {
		answered <- h.deliver(event{"e-1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ann","Level":"Gold"}`}, "1")
	}()
	<-asked
	g.down.Store(false)
	if got := <-answered; got.status != http.StatusOK {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	if n := len(w.roots("milestones")); n != 1 {
		t.Errorf("%d milestones, want 1", n)
	}
}

// A gateway leads to Azurite until it is down.
type gateway struct {
	address string
	down    atomic.Bool
	only    string // what a query must hold for the gateway to be down for it
}

func newGateway(t *testing.T, fault http.HandlerFunc) *gateway {
	t.Helper()
	at, err := url.Parse(ledgertest.Azurite(t))
	if err != nil {
		t.Fatal(err)
	}
	account := at.Path
	at.Path = ""
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(at) }}
	g := new(gateway)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.down.Load() && strings.Contains(r.URL.RawQuery, g.only) {
			fault(w, r)
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.address = server.URL + account
	return g
}

func TestAWrongConfigurationIsToldOnceByAllInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good, ledger := w.lasting()
	file := filepath.Join(t.TempDir(), "busbell.yaml")
	write(t, file, strings.Replace(good, "  sources:", "  sorces:", 1))
	instances := func(n int) {
		t.Helper()
		for range n {
			wantError(t, w.start("", ledger, "BUSBELL_CONFIG="+file).tick(), "sorces")
		}
	}
	instances(2)
	w.log.until(t, `msg="notice sent"`, 1)
	instances(2)
	wantShown(t, w.only("bus-errors"), black, "watches nothing", "sorces")

	w.start(good, ledger).pass()
	w.log.until(t, "right again", 1)
	instances(2)
	w.log.until(t, `msg="notice sent"`, 2)
	if n := len(w.roots("bus-errors")); n != 2 {
		t.Errorf("%d messages, want one each time it went wrong", n)
	}
}

// What is in the repository must work on a laptop where Azurite runs.
func TestLocalSettingsKeepTheLedgerInAzurite(t *testing.T) {
	list, err := functions.LocalSettings(filepath.FromSlash("../../local.settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	s, problems := config.FromEnv(getenv(list))
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	l, err := s.Storage.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := l.(interface{ String() string }); !ok || at.String() != "table busbell at 127.0.0.1:10002" {
		t.Errorf("the ledger is %v", l)
	}
}
