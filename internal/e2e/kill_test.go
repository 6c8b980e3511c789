//go:build unix

package e2e

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// The shop of a bad day: each queue's failures are told in four channels.
const (
	killPlaces = 40
	killQueues = 10
)

// killHurry is how much faster than in production time goes: a claim holds for
// 3 s, an unknown outcome is looked up after 1.5 s, and the history lags for 1 s.
// BUSBELL_HURRY=1 is what is published.
const killHurry = 20

// What production is like at its worst.
const (
	killLag   = 20 * time.Second       // of Slack's history; less than the look-up waits
	killSkew  = 110 * time.Second      // between the clocks of the two instances
	killTable = 500 * time.Millisecond // that a call of the table takes
)

// killClock is how wrong the clock of the second instance is: BUSBELL_SKEW, or
// far ahead or far behind as the seed has it.
func killClock(t *testing.T, seed int) time.Duration {
	t.Helper()
	text := os.Getenv("BUSBELL_SKEW")
	if text == "" {
		return killSkew * time.Duration(1-2*(seed%2))
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("BUSBELL_SKEW is %q: set it to a duration, which may be negative", text)
	}
	return d
}

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

// Two instances of the real handler with clocks that differ are killed again
// and again, on one slow table, while failures come and go, people click and events come in, and while Slack,
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
	d.slack.LagHistory(d.wait(killLag))
	d.chaos = d.unrest()
	settings, problems := config.FromEnv(getenv(d.settings("STATE_TABLE_ENDPOINT=" + azurite)))
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
	build(t, "./internal/e2e/testdata/handler", bin)
	clocks := [len(d.instances)]time.Duration{0, d.wait(killClock(t, d.seed))}
	t.Logf("the clock of the second instance is wrong by %s", clocks[1])
	for i := range d.instances {
		d.instances[i] = d.spawn(bin, "HANDLER_CLOCK="+clocks[i].String(), "HANDLER_TIME_SCALE="+strconv.Itoa(d.hurry), "STATE_TABLE_ENDPOINT="+d.chaos.table(t, azurite, d.wait(killTable)), "BUSBELL_CONFIG="+file, "SLACK_SIGNING_SECRET="+clickSecret)
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

// front is where clicks go: to any of the instances, as in the cloud.
func (d *badDay) front() string {
	return serve(d.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through(d.instances[d.roll(len(d.instances))].address()).ServeHTTP(w, r)
	}))
}
