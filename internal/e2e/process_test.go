//go:build unix

package e2e

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/functions"
)

// The program that is published, started by a host from the files that are
// published.
func TestTheRealHandler(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the handler")
	}
	t.Parallel()
	root := scriptRoot(t)
	t.Run("unused methods", func(t *testing.T) { noUnusedMethods(t, root) })
	t.Run("end to end", func(t *testing.T) { t.Parallel(); endToEnd(t, root) })
	t.Run("a click", func(t *testing.T) { t.Parallel(); clickThroughTheHost(t, root) })
	t.Run("told to stop in mid-pass", func(t *testing.T) { t.Parallel(); stopInMidPass(t, root) })
	t.Run("killed in mid-pass", func(t *testing.T) { t.Parallel(); killInMidPass(t, root) })
	t.Run("killed between passes", func(t *testing.T) { t.Parallel(); killBetweenPasses(t, root) })
	t.Run("two instances", func(t *testing.T) { t.Parallel(); twoInstances(t, root) })
	t.Run("wrong configuration", func(t *testing.T) { t.Parallel(); wrongConfiguration(t, root) })
}

// noUnusedMethods holds the size of the handler. The linker keeps the methods
// that nothing calls, a fifth of the program, as soon as anything reachable
// looks methods up by a name that it cannot foresee. A library did.
func noUnusedMethods(t *testing.T, root string) {
	program, err := os.ReadFile(filepath.Join(root, "bin", "handler"))
	if err != nil {
		t.Fatal(err)
	}
	for method, linked := range map[string]bool{
		"crypto/x509.(*Certificate).CreateCRL": false,
		"crypto/x509.(*Certificate).Verify":    true,
	} {
		if bytes.Contains(program, []byte(method)) != linked {
			t.Errorf("%s: linked %t, want %t", method, !linked, linked)
		}
	}
}

// endToEnd drives everything: a message fails, more of the same, gone; an
// event reaches its milestone.
func endToEnd(t *testing.T, root string) {
	w := newWorld(t)
	h := w.host(root)

	w.fail("error", refund, 2)
	h.pass()
	first := w.only("bus-errors")
	wantShown(t, first, red, "2 failed *RefundRequested* in *shop.billing*", "RefundRefusedException",
		"Shop.Billing.Handlers.RefundCustomerHandler.Handle")
	if a := w.alert(); !a.Open() || a.Priority != "P1" {
		t.Errorf("alert: %+v", a)
	}
	w.fail("error", refund, 1)
	h.pass()
	edited := w.only("bus-errors")
	wantShown(t, edited, red, "3 failed *RefundRequested*")
	if edited.TS != first.TS || edited.EditCount != 1 {
		t.Errorf("edited %d times, ts %s, was %s", edited.EditCount, edited.TS, first.TS)
	}
	w.take("error")
	h.pass()
	wantShown(t, w.only("bus-errors"), green, "Resolved: 3 failed *RefundRequested*")
	if a := w.alert(); a.Open() || a.Count != 1 {
		t.Errorf("alert: %+v", a)
	}

	gold := event{"e-1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ann","Level":"Gold"}`}
	silver := event{"e-2", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ben","Level":"Silver"}`}
	w.send("busbell-events", gold.message(), silver.message(), gold.message())
	h.until("FeatureEventTrigger", functions.Ran, 3)
	wantShown(t, w.only("milestones"), blue, "Ann reached Gold")
	if counts, err := w.bus.Counts("busbell-events"); err != nil || counts.DeadLetter != 0 {
		t.Errorf("events: %+v %v", counts, err)
	}
	if h.had(functions.Failed) != 0 {
		t.Errorf("a call failed:\n%s", w.log)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.counts[onStderr]; n != 0 {
		t.Errorf("%d %s:\n%s", n, onStderr, w.log)
	}
}

// clickThroughTheHost presses a button: the host passes on what Slack signed,
// byte for byte.
func clickThroughTheHost(t *testing.T, root string) {
	w := newWorld(t)
	h := w.host(root, "SLACK_SIGNING_SECRET="+clickSecret)
	w.slack.SendClicks("http://"+h.Addr()+"/api/slack/actions", clickSecret)
	w.fail("error", refund, 2)
	h.pass()
	wantShown(t, w.click(w.only("bus-errors"), "acknowledge"), amber, "Acknowledged", "<@U0ANN>")
}

func stopInMidPass(t *testing.T, root string) {
	w := newWorld(t)
	h := w.host(root)
	w.fail("error", refund, 1)
	post := w.recorder.hold("chat.postMessage")
	ended := make(chan error, 1)
	go func() { ended <- h.Run("ErrorQueueTimer") }()
	post.until(t)
	if err := syscall.Kill(h.PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.log.until(t, "msg=stopping", 1)
	close(post.open)
	if err := <-ended; err != nil {
		t.Errorf("the pass: %v\n%s", err, w.log)
	}
	w.log.until(t, "exited with code 0", 1)
	wantShown(t, w.only("bus-errors"), red, "1 failed")
	wantAlerts(t, w, 1)
}

func killInMidPass(t *testing.T, root string) {
	w := newWorld(t)
	h := w.host(root)
	w.fail("error", refund, 1)
	list := w.recorder.hold("users.conversations") // nothing has been posted yet
	ended := make(chan error, 1)
	go func() { ended <- h.Run("ErrorQueueTimer") }()
	list.until(t)
	if err := syscall.Kill(h.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("a pass whose handler was killed succeeded")
	}
	h.until("", functions.Ready, 2)
	before := len(w.pager.Snapshot().Alerts) // raised by a ledger in memory, which died
	h.pass()
	wantShown(t, w.only("bus-errors"), red, "1 failed")
	wantAlerts(t, w, before+1)
	w.take("error")
	h.pass()
	wantShown(t, w.only("bus-errors"), green)
	if open := w.pager.Snapshot().Open(); len(open) != before {
		t.Errorf("open: %+v", open)
	}
}

func wrongConfiguration(t *testing.T, root string) {
	w := newWorld(t)
	h := w.host(root, "SLACK_API_URL=ftp://slack.example")
	if err := h.Run("ErrorQueueTimer"); err == nil || !strings.Contains(w.log.String(), "SLACK_API_URL: ") {
		t.Errorf("the host is told %v:\n%s", err, w.log)
	}
	if n := h.had(functions.Exited); n != 0 {
		t.Errorf("the handler ended %d times", n)
	}
}

// scriptRoot is a folder as it is published, with the handler built anew.
func scriptRoot(t *testing.T) string {
	t.Helper()
	const repository = "../.."
	root := t.TempDir()
	for _, name := range []string{"host.json", "ErrorQueueTimer", "FeatureEventTrigger", "SlackActions"} {
		copyTo(t, root, repository, name)
	}
	write(t, filepath.Join(root, "busbell.yaml"), shop)
	build(t, "./handler", filepath.Join(root, "bin", "handler"))
	return root
}

// build builds a program of ours.
func build(t *testing.T, program, bin string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, program)
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

func copyTo(t *testing.T, root, from, name string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(from), name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(root, path), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A host runs the functions of a script root, and counts what happens.
type host struct {
	*functions.Host
	w       *world
	mu      sync.Mutex
	counts  map[string]int
	changed chan struct{}
}

func (w *world) host(root string, changes ...string) *host {
	w.t.Helper()
	h := &host{w: w, counts: map[string]int{}, changed: make(chan struct{})}
	var err error
	h.Host, err = functions.Start(context.WithoutCancel(w.t.Context()), functions.Config{
		Root: root, Env: w.settings(append(changes, "PATH="+os.Getenv("PATH"))...), On: h.note,
		HTTPAddr: "127.0.0.1:0",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(h.Kill)
	if err := h.Ready(bounded(w.t)); err != nil {
		w.t.Fatal(err)
	}
	if err := h.Problems(); err != nil {
		w.t.Error(err)
	}
	return h
}

// onStderr counts the lines that the host takes for errors, whatever they say.
const onStderr = "lines on the standard error"

// note keeps what the host tells, in the log that is searched for leaks.
func (h *host) note(e functions.Event) {
	_, _ = h.w.log.Write([]byte(e.String() + "\n"))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[e.Function+"/"+string(e.Kind)]++
	h.counts["/"+string(e.Kind)] += min(len(e.Function), 1)
	if e.Kind == functions.Line && e.Level > slog.LevelInfo {
		h.counts[onStderr]++
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

// had is how often something has happened, to any function.
func (h *host) had(kind functions.Kind) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts["/"+string(kind)]
}

// until waits until something has happened to a function, or to the handler
// itself, as often.
func (h *host) until(function string, kind functions.Kind, times int) {
	h.w.t.Helper()
	ctx := bounded(h.w.t)
	for {
		h.mu.Lock()
		have, changed := h.counts[function+"/"+string(kind)], h.changed
		h.mu.Unlock()
		if have >= times {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			h.w.t.Fatalf("%s %s %d times, want %d:\n%s", function, kind, have, times, h.w.log)
		}
	}
}

func (h *host) pass() {
	h.w.t.Helper()
	if err := h.Run("ErrorQueueTimer"); err != nil {
		h.w.t.Fatalf("%v\n%s", err, h.w.log)
	}
}

// message is the event as a publisher sends it.
func (e event) message() *azservicebus.Message {
	return &azservicebus.Message{MessageID: &e.id, Body: []byte(e.body), ApplicationProperties: e.properties()}
}
