//go:build unix

package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/app"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// The shop of a bad day: each queue's failures are told in four channels.
const (
	killPlaces = 40
	killQueues = 10
)

// killHurry is how much faster than in production the waits are: a claim holds
// for 3 s, and an unknown outcome is looked up after 1.5 s. BUSBELL_HURRY=1 is
// what is published.
const killHurry = 20

// killSetting is a number that the environment may change.
func killSetting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q: set it to a number", name, text)
	}
	return n
}

// Two instances of the real handler on one table are killed again and again,
// while failures come and go, people click and events come in, and while Slack,
// the pager and the table lose answers: each thing is said once.
func TestKilledHandlersSayEachThingOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the handler")
	}
	d := newBadDay(t)
	d.work()
	d.quiet()
	d.judge("in the evening")
	d.takeAll()
	d.quiet()
	d.judge("at night")
	d.report()
}

// A badDay is two real handlers in a world that cannot be relied on.
type badDay struct {
	*world
	notices     int // so many at least: BUSBELL_KILL
	hurry       int
	instances   [2]*instance
	store       ledger.Ledger // as nobody disturbs it
	environment string
	chaos       *chaos
	passes      *passes
	seed        int // of all accidents: BUSBELL_SEED repeats a day, as far as two processes can
	took        time.Duration

	mu     sync.Mutex
	kinds  []*kind
	events int
	owed   int // notices, counted low
	kills  map[string]int
	random *mathrand.Rand
}

func newBadDay(t *testing.T) *badDay {
	t.Helper()
	var channels, queues []string
	for i := range killPlaces {
		channels = append(channels, placeName(i))
	}
	for i := range killQueues {
		queues = append(queues, queueName(i))
	}
	azurite := ledgertest.Azurite(t)
	d := &badDay{
		world: worldOf(t, append(channels, "bus-errors"), queues...), environment: "kill-" + rand.Text(),
		notices: killSetting(t, "BUSBELL_KILL", 250), hurry: killSetting(t, "BUSBELL_HURRY", killHurry),
		seed: killSetting(t, "BUSBELL_SEED", 1+mathrand.IntN(1e6)), passes: newPasses(), kills: map[string]int{},
	}
	t.Logf("seed %d", d.seed)
	d.random = mathrand.New(mathrand.NewPCG(uint64(d.seed), 7))
	d.leaks = append(d.leaks, order.secrets...)
	d.slack.LagHistory(d.wait(15 * time.Second)) // less than the look-up waits
	d.chaos = d.unrest()
	settings, problems := app.FromEnv(getenv(d.settings("STATE_TABLE_ENDPOINT=" + azurite)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var err error
	if d.store, err = settings.Storage.Ledger(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file, bin := filepath.Join(folder, "busbell.yaml"), filepath.Join(folder, "handler")
	write(t, file, d.config())
	build(t, "-ldflags", fmt.Sprintf("-X github.com/busbell/busbell/internal/app.hurry=%d", d.hurry), "-o", bin)
	for i := range d.instances {
		d.instances[i] = d.spawn(bin, "STATE_TABLE_ENDPOINT="+d.chaos.table(t, azurite), "BUSBELL_CONFIG="+file, "SLACK_SIGNING_SECRET="+clickSecret)
	}
	d.slack.SendClicks(d.front()+"/api/slack/actions", clickSecret)
	return d
}

func placeName(i int) string { return fmt.Sprintf("place-%02d", i) }
func queueName(i int) string { return fmt.Sprintf("error-%d", i) }

// config tells each kind of failure and each kind of event in its place.
func (d *badDay) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "environment: %s\nwatch:\n  slack: {channel: \"#bus-errors\"}\n  sources:\n", d.environment)
	for i := range killQueues {
		fmt.Fprintf(&b, "    - queue: %s\n", queueName(i))
	}
	b.WriteString("  page:\n    - {when: 'failure.messageType.contains(\".Paged\")', priority: P2}\n  routes:\n")
	for i := range killPlaces {
		fmt.Fprintf(&b, "    - {when: 'failure.messageType.startsWith(\"Shop.Place%02d.\")', slack: {channel: \"#%s\"}}\n", i, placeName(i))
	}
	b.WriteString("features:\n")
	for i := range killPlaces {
		fmt.Fprintf(&b, "  - {name: at %02d, event: Shop.Reached, when: 'event.Place == %d', say: \"number {event.Number} reached\", slack: {channel: \"#%s\"}}\n", i, i, placeName(i))
	}
	return b.String()
}

// wait is a wait of production as it is in this hurry.
func (d *badDay) wait(production time.Duration) time.Duration {
	return production / time.Duration(d.hurry)
}

// work is the day itself, until there was enough to say.
func (d *badDay) work() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 3*time.Hour)
	defer cancel()
	begun := time.Now()
	day, end := context.WithCancel(ctx)
	var around, shop sync.WaitGroup
	around.Go(func() { d.killer(day) })
	for _, i := range d.instances {
		around.Go(func() { d.clockwork(day, i) })
	}
	for q := range killQueues {
		shop.Go(func() { d.tend(ctx, q) })
	}
	shop.Go(func() { d.publish(ctx) })
	shop.Wait()
	end()
	around.Wait()
	if ctx.Err() != nil {
		d.t.Fatalf("the day had no end: %d notices owed", d.owed)
	}
	d.took = time.Since(begun)
}

// roll is a number below n.
func (d *badDay) roll(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// owes counts what there is to say, and reports whether it is enough.
func (d *badDay) owes(notices int) (enough bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owed += notices
	return d.owed >= d.notices
}

// killer kills an instance every second or so; one in six may stop by itself.
func (d *badDay) killer(ctx context.Context) {
	for sleep(ctx, d.wait(time.Duration(6+d.roll(24))*time.Second)) {
		how := os.Kill
		if d.roll(6) == 0 {
			how = os.Interrupt
		}
		d.instances[d.roll(len(d.instances))].kill(how)
		d.mu.Lock()
		d.kills[how.String()]++
		d.mu.Unlock()
	}
}

// clockwork is the timer of one instance.
func (d *badDay) clockwork(ctx context.Context, i *instance) {
	for sleep(ctx, time.Duration(50+d.roll(300))*time.Millisecond) {
		begun := time.Now()
		d.passes.note(begun, i.post(ctx, "/ErrorQueueTimer", timerEnvelope))
	}
}

// quiet is the time after: nobody kills, and every answer comes. It ends when
// nothing is left to be said.
func (d *badDay) quiet() {
	d.t.Helper()
	d.chaos.calm.Store(true)
	ctx, cancel := context.WithTimeout(d.t.Context(), max(d.wait(time.Hour), 5*time.Minute))
	defer cancel()
	begun := time.Now()
	for {
		good := 0
		for _, i := range d.instances {
			if i.post(ctx, "/ErrorQueueTimer", timerEnvelope) {
				good++
			}
		}
		left := d.unsaid()
		if good == len(d.instances) && left == 0 {
			d.t.Logf("quiet after %s", time.Since(begun).Round(time.Second/10))
			return
		}
		if !sleep(ctx, time.Second/2) {
			d.t.Fatalf("%d notices are left to be said, %d of the instances make passes\n%.20000s", left, good, d.log)
		}
	}
}

// passes are the runs of the timer that succeeded.
type passes struct {
	mu           sync.Mutex
	newest       time.Time     // when the newest of them began
	changed      chan struct{} // closed at the next
	good, failed atomic.Int64
}

func newPasses() *passes { return &passes{changed: make(chan struct{})} }

func (p *passes) note(begun time.Time, ok bool) {
	if !ok {
		p.failed.Add(1)
		return
	}
	p.good.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if begun.After(p.newest) {
		p.newest = begun
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// next waits for the end of a pass that begins after now: it has seen all that
// there is, and what it owes is in the ledger.
func (p *passes) next(ctx context.Context) bool {
	now := time.Now()
	for {
		p.mu.Lock()
		newest, changed := p.newest, p.changed
		p.mu.Unlock()
		if newest.After(now) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// front is where clicks go: to any of the instances, as in the cloud.
func (d *badDay) front() string {
	return serve(d.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through(d.instances[d.roll(len(d.instances))].address()).ServeHTTP(w, r)
	}))
}
