package outbox_test

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
	"github.com/busbell/busbell/internal/ledger/tables"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/setting"
)

// How the crash test goes about it. The history must lag less than the
// look-up waits; everything else may go wrong as it likes.
const (
	crashPlaces  = 40
	crashSenders = 4
	crashLease   = time.Second
	crashLookUp  = 300 * time.Millisecond
	crashLag     = 150 * time.Millisecond
)

// BUSBELL_CRASH says how many notices the crash test sends.
func crashNotices(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BUSBELL_CRASH")
	if text == "" {
		return 250
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("BUSBELL_CRASH is %q: set it to a number of notices", text)
	}
	return n
}

// The protocol's promise: processes die between any two steps, answers get
// lost on both sides, and still each notice is said once, in order.
func TestCrashesLoseNothingAndRepeatNothing(t *testing.T) {
	w := newCrashWorld(t, new(ledger.Memory), crashNotices(t))
	w.run(t)
	w.judge(t)
}

// The same with a real table between the processes. It is slower, and so
// says less.
func TestCrashesWithATableLoseNothingAndRepeatNothing(t *testing.T) {
	at := ledgertest.Azurite(t)
	l, err := tables.Open(tables.Config{
		ConnectionString: "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" + azuriteKey + ";TableEndpoint=" + setting.Secret(at),
		Table:            "crash" + strings.ToLower(cryptorand.Text()),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newCrashWorld(t, l, max(crashNotices(t)/10, 100))
	w.run(t)
	w.judge(t)
}

// azuriteKey is the same everywhere, and public.
const azuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

// A crashWorld is a Slack on which little can be relied, a ledger that loses
// answers, and what is to be said.
type crashWorld struct {
	slack   *emulator.Server
	url     string
	ledger  ledger.Ledger
	notices []notify.Notice

	transport     http.RoundTripper // nil: over a socket
	lease, lookUp time.Duration

	mu    sync.Mutex
	kills map[string]int // by step
	chaos *chaos
	took  time.Duration
}

func newCrashWorld(t *testing.T, l ledger.Ledger, notices int) *crashWorld {
	t.Helper()
	var channels []string
	for i := range crashPlaces {
		channels = append(channels, fmt.Sprintf("place-%02d", i))
	}
	w := &crashWorld{
		slack:  emulator.New(emulator.Config{Channels: channels, Strict: true}),
		ledger: l, kills: map[string]int{}, notices: crashScript(notices), lease: crashLease, lookUp: crashLookUp,
	}
	w.slack.LagHistory(crashLag)
	w.chaos = &chaos{slack: w.slack, roll: rand.IntN, slow: crashLease, met: map[string]int{}}
	server := httptest.NewServer(w.chaos)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// crashScript is what is to be said: pages with a remark, two revisions and,
// for some, a file.
func crashScript(notices int) []notify.Notice {
	var script []notify.Notice
	for i := 0; len(script) < notices; i++ {
		page := notify.Notice{
			Key: fmt.Sprintf("page/%04d", i), Channel: "slack", To: fmt.Sprintf("#place-%02d", i%crashPlaces),
			Act: notify.Post, Reason: "first seen", Subject: fmt.Sprintf("incident/%04d/1", i), Version: 1, State: notify.Open,
		}
		page.Headline = crashHeadline(page, 1)
		below := page
		below.Act, below.Page, below.Version = notify.Reply, page.Key, 0
		below.Key, below.Headline = page.Key+"/growing", notify.Text{notify.Ours("growing")}
		script = append(script, page, below)
		if i%4 == 0 {
			below.Key = page.Key + "/trace"
			below.File = &notify.File{Name: "trace.txt", Content: strings.Repeat(below.Key+"\n", 200)}
			script = append(script, below)
		}
		for version := int64(2); version <= 3; version++ {
			revised := page
			revised.Act, revised.Page, revised.Version = notify.Update, page.Key, version
			revised.Key, revised.Headline = fmt.Sprintf("%s/v%d", page.Key, version), crashHeadline(page, version)
			script = append(script, revised)
		}
	}
	return script
}

func crashHeadline(page notify.Notice, version int64) notify.Text {
	return notify.Text{notify.Ours(fmt.Sprintf("%s v%d", page.Key, version))}
}

// run lets senders die and be born until everything is said.
func (w *crashWorld) run(t *testing.T) {
	t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute+time.Duration(len(w.notices))*100*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	written := make(chan struct{})
	wg.Go(func() {
		defer close(written)
		w.write(ctx)
	})
	for n := range crashSenders {
		wg.Go(func() { w.sender(ctx, rand.New(rand.NewPCG(uint64(n), 7)), written) })
	}
	wg.Wait()
	w.took = time.Since(begun)
	if ctx.Err() != nil {
		t.Fatal("not everything was said in time")
	}
}

// write is the flow that has something to say: it dies too, and then writes
// what it wrote before once more.
func (w *crashWorld) write(ctx context.Context) {
	d := w.process(nil)
	for from := 0; from < len(w.notices); {
		to := min(from+20, len(w.notices))
		err := d.Write(ctx, w.notices[max(from-10, 0):to]...)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			from = to
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *crashWorld) sender(ctx context.Context, random *rand.Rand, written <-chan struct{}) {
	for ctx.Err() == nil {
		out, err := w.process(random).Deliver(ctx)
		select {
		case <-written:
			if err == nil && out.Oldest.IsZero() && w.left(ctx) == 0 {
				return
			}
		default:
		}
		time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
	}
}

// left is how many notices are not finished, as another process sees it.
func (w *crashWorld) left(ctx context.Context) int {
	out, err := (&outbox.Delivery{Ledger: w.ledger, Environment: "crash", Log: silent}).Deliver(ctx)
	if err != nil || !out.Oldest.IsZero() {
		return 1
	}
	return 0
}

var silent = slog.New(slog.DiscardHandler)

// process is a new process. random says when it dies; nil is never.
func (w *crashWorld) process(random *rand.Rand) *outbox.Delivery {
	d := &outbox.Delivery{
		Ledger: &flaky{Ledger: w.ledger}, Environment: "crash", Log: silent,
		Channels: map[string]notify.Channel{"slack": slack.New(slack.Config{Token: "xoxb-0000-demo-0000", BaseURL: w.url}, w.transport)},
		Lease:    w.lease, LookUp: w.lookUp, Tries: 1000,
	}
	if random != nil {
		between(d, func(step string) {
			if random.IntN(25) > 0 {
				return
			}
			w.mu.Lock()
			w.kills[step]++
			w.mu.Unlock()
			runtime.Goexit() // nothing of ours runs any more
		})
	}
	return d
}

// flaky is a ledger that loses some of its answers: the write is done, and
// the writer cannot know.
type flaky struct{ ledger.Ledger }

var errLost = errors.New("the answer was lost")

func (f *flaky) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	return lose(f.Ledger.Insert(ctx, e))
}

func (f *flaky) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	return lose(f.Ledger.Update(ctx, e))
}

func lose(e ledger.Entry, err error) (ledger.Entry, error) {
	if err == nil && rand.IntN(100) == 0 {
		return ledger.Entry{}, errLost
	}
	return e, err
}
