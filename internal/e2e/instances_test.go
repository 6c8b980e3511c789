//go:build unix

package e2e

import (
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/busbell/busbell/internal/emulator/functions"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// lastingHost is a host whose handler keeps its ledger in Azurite. All hosts
// with one busbell.yaml share it.
func (w *world) lastingHost(root, file string) *host {
	return w.host(root, "STATE_TABLE_ENDPOINT="+ledgertest.Azurite(w.t), "BUSBELL_CONFIG="+file)
}

// A handler that is killed between two passes is started again by its host,
// and knows what the one before it has said.
func killBetweenPasses(t *testing.T, root string) {
	w := newWorld(t)
	config, _ := w.lasting()
	file := filepath.Join(t.TempDir(), "busbell.yaml")
	write(t, file, config)
	h := w.lastingHost(root, file)
	w.fail("error", refund, 2)
	h.pass()
	first := w.only("bus-errors")
	calls := len(w.slack.Snapshot().Calls)
	for n := range 2 {
		if err := syscall.Kill(h.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		h.until("", functions.Ready, n+2)
		h.pass()
	}
	if n := len(w.slack.Snapshot().Calls); n != calls {
		t.Errorf("with no news, a handler that was killed called Slack %d times", n-calls)
	}
	w.take("error")
	h.pass()
	over := w.only("bus-errors")
	wantShown(t, over, green, "Resolved: 2 failed *RefundRequested*")
	if over.TS != first.TS {
		t.Errorf("resolved in another message: %s, was %s", over.TS, first.TS)
	}
	if a := w.alert(); a.Open() || a.Count != 1 {
		t.Errorf("alert: %+v", a)
	}
}

// On Flex Consumption the functions of one app run in several instances.
func twoInstances(t *testing.T, root string) {
	w := newWorld(t)
	config, _ := w.lasting()
	file := filepath.Join(t.TempDir(), "busbell.yaml")
	write(t, file, config)
	hosts := []*host{w.lastingHost(root, file), w.lastingHost(root, file)}
	together := func() {
		t.Helper()
		var wg sync.WaitGroup
		for _, h := range hosts {
			wg.Go(func() {
				for range 2 {
					if err := h.Run("ErrorQueueTimer"); err != nil {
						t.Errorf("%v\n%s", err, w.log)
					}
				}
			})
		}
		wg.Wait()
		hosts[0].pass() // what one of them held when the other looked
	}
	w.fail("error", refund, 2)
	together()
	first := w.only("bus-errors")
	wantShown(t, first, red, "2 failed *RefundRequested*")
	if a := w.alert(); !a.Open() || a.Count != 1 {
		t.Errorf("alert: %+v", a)
	}
	w.fail("error", refund, 2)
	together()
	wantShown(t, w.only("bus-errors"), red, "4 failed *RefundRequested*")
	w.take("error")
	together()
	over := w.only("bus-errors")
	wantShown(t, over, green, "Resolved: 4 failed *RefundRequested*")
	said := w.thread("bus-errors", over)
	for i, s := range said {
		said[i], _, _ = strings.Cut(s, " ")
	}
	if got := strings.Join(said, " "); got != "Growing: Resolved" {
		t.Errorf("said in the thread: %q", got)
	}
	if a := w.alert(); a.Open() || a.Count != 1 {
		t.Errorf("alert: %+v", a)
	}
}
