//go:build unix

package app_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

const killPlaces = 40

// Two instances of the real handler on one table, killed again and again
// while events come in and Slack's answers get lost: each event is said once.
func TestKilledHandlersSayEachThingOnce(t *testing.T) {
	events, err := strconv.Atoi(os.Getenv("BUSBELL_KILL"))
	if err != nil {
		t.Skip("takes minutes: set BUSBELL_KILL to a number of events, or run make soak")
	}
	w := newWorld(t)
	w.moody()
	root := scriptRoot(t)
	file := filepath.Join(root, "busbell.yaml")
	write(t, file, killConfig())
	instances := []*instance{w.spawn(root, file), w.spawn(root, file)}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()

	begun := time.Now()
	var others sync.WaitGroup
	feeding, fed := context.WithCancel(ctx)
	kills := 0
	others.Go(func() {
		for sleep(feeding, time.Duration(300+mathrand.IntN(1500))*time.Millisecond) {
			instances[mathrand.IntN(2)].kill(t)
			kills++
		}
	})
	others.Go(func() {
		for sleep(feeding, 2*time.Second) {
			instances[mathrand.IntN(2)].post(ctx, "/ErrorQueueTimer", timerEnvelope)
		}
	})
	feed(ctx, instances, events)
	fed()
	others.Wait()
	for w.unsaid(events) > 0 && sleep(ctx, 5*time.Second) {
		instances[mathrand.IntN(2)].post(ctx, "/ErrorQueueTimer", timerEnvelope)
	}
	lost, twice := w.verdict(events)
	t.Logf("%d events in %d channels, 2 instances killed %d times, %s: %d lost, %d said twice",
		events, killPlaces, kills, time.Since(begun).Round(time.Second), lost, twice)
	if lost+twice > 0 {
		t.Errorf("%d lost, %d said twice", lost, twice)
	}
}

// moody makes a Slack of many channels, of which a call in twenty loses its
// answer or is refused, and whose history lags.
func (w *world) moody() {
	var channels []string
	for i := range killPlaces {
		channels = append(channels, fmt.Sprintf("place-%02d", i))
	}
	w.slack = slack.New(slack.Config{Token: slackToken, Channels: append(channels, "bus-errors"), Strict: true})
	w.slack.LagHistory(5 * time.Second)
	next := board.New(w.slack, w.pager)
	kinds := []control.Kind{control.DropAfterAccept, control.ServerErrorAfterAccept, control.Drop, control.ServerError}
	w.tape.swap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if n := mathrand.IntN(20 * len(kinds)); n < len(kinds) {
			w.slack.Fail(control.Fault{Method: path.Base(r.URL.Path), Kind: kinds[n], Times: 1})
		}
		next.ServeHTTP(rw, r)
	}))
}

func killConfig() string {
	var b strings.Builder
	fmt.Fprintf(&b, "environment: kill-%s\nwatch:\n  sources: [{queue: error}]\n  slack: {channel: \"#bus-errors\"}\nfeatures:\n", rand.Text())
	for i := range killPlaces {
		fmt.Fprintf(&b, "  - {name: at %02d, event: Shop.Kill, when: 'event.Place == %d', say: \"number {event.Number}\", slack: {channel: \"#place-%02d\"}}\n", i, i, i)
	}
	return b.String()
}

// An instance is a handler in a process of its own, always on one port.
type instance struct {
	url  string
	make func() *exec.Cmd
	mu   sync.Mutex
	cmd  *exec.Cmd
}

func (w *world) spawn(root, file string) *instance {
	w.t.Helper()
	port := freePort(w.t)
	environment := w.settings("STATE_TABLE_ENDPOINT="+ledgertest.Azurite(w.t), "BUSBELL_CONFIG="+file, "FUNCTIONS_CUSTOMHANDLER_PORT="+port)
	i := &instance{url: "http://127.0.0.1:" + port, make: func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(root, "bin", "handler"))
		cmd.Dir, cmd.Env = root, append(environment, "PATH="+os.Getenv("PATH"))
		return cmd
	}}
	i.cmd = i.make()
	if err := i.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = i.cmd.Process.Kill()
		_ = i.cmd.Wait()
	})
	return i
}

// kill is SIGKILL, and a new process at once.
func (i *instance) kill(t *testing.T) {
	i.mu.Lock()
	defer i.mu.Unlock()
	_ = i.cmd.Process.Kill()
	_ = i.cmd.Wait()
	i.cmd = i.make()
	if err := i.cmd.Start(); err != nil {
		t.Error(err)
	}
}

func (i *instance) post(ctx context.Context, path, body string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+path, strings.NewReader(body))
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return errors.Join(resp.Body.Close()) == nil && resp.StatusCode == http.StatusOK
}

// feed delivers each event until somebody has taken it, as the host does.
func feed(ctx context.Context, instances []*instance, events int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < events; n = int(next.Add(1)) - 1 {
				e := event{fmt.Sprintf("kill-%d", n), "Shop.Kill", fmt.Sprintf(`{"Place":%d,"Number":%d}`, n%killPlaces, n)}
				for !instances[mathrand.IntN(2)].post(ctx, "/FeatureEventTrigger", e.envelope("1")) && sleep(ctx, 50*time.Millisecond) {
					continue
				}
			}
		})
	}
	wg.Wait()
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (w *world) unsaid(events int) int {
	lost, _ := w.verdict(events)
	return lost
}

// verdict counts what was said in the right channels, deleted messages too.
func (w *world) verdict(events int) (lost, twice int) {
	said := map[string]int{}
	for _, c := range w.slack.Snapshot().Channels {
		for _, m := range c.Messages {
			said[c.Name+" "+m.Text[strings.LastIndexByte(m.Text, ' ')+1:]]++
		}
	}
	for n := range events {
		switch said[fmt.Sprintf("place-%02d %d", n%killPlaces, n)] {
		case 0:
			lost++
		case 1:
		default:
			twice++
		}
	}
	return lost, twice
}
