package errorqueue_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

var errCrash = errors.New("the process was killed")

// crashAt lets the n-th write from now on fail, and all after it, as when the
// process is killed there.
func (d *driver) crashAt(n int) {
	var left atomic.Int64
	left.Store(int64(n))
	d.ledger.before = func(ledger.Entry) error {
		if left.Add(-1) < 0 {
			return errCrash
		}
		return nil
	}
}

// killedDriver is a driver whose pass was killed at a write when so many kinds
// had failed. Without an error the pass has fewer writes than that.
func killedDriver(t *testing.T, kinds, at int) (*driver, error) {
	t.Helper()
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	d.pass(t)
	for i := range kinds {
		d.queues["error"].fail(2, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.now = d.now.Add(2 * time.Minute)
	d.crashAt(at)
	_, err := d.Run(t.Context())
	d.ledger.before = nil
	return d, err
}

// threePasses lets three passes succeed and keeps what was said.
func (d *driver) threePasses(t *testing.T) {
	t.Helper()
	for range 3 {
		d.now = d.now.Add(2 * time.Minute)
		if _, err := d.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A pass that is killed at any of its writes, and what comes meanwhile, must
// not make the next one say anything twice or nothing at all.
func TestAPassKilledAnywhereIsMadeGoodByTheNext(t *testing.T) {
	for _, kinds := range []int{1, 3, 5, 6, 9} {
		for at := 0; ; at++ {
			d, err := killedDriver(t, kinds, at)
			d.queues["error"].fail(1, "EventZ", "Broken") // meanwhile
			d.threePasses(t)
			d.wantEachToldOnce(t, fmt.Sprintf("%d kinds, killed at write %d", kinds, at), kinds+1)
			if err == nil {
				break
			}
		}
	}
}

// What failed and was taken by somebody else before the next pass: whatever
// the killed one has said of it must be brought to its end.
func TestWhatAKilledPassSaidIsBroughtToItsEnd(t *testing.T) {
	for _, kinds := range []int{1, 3, 7} {
		for at := 0; ; at++ {
			d, err := killedDriver(t, kinds, at)
			d.queues["error"].messages = nil
			d.threePasses(t)
			shown, open := map[string]notify.State{}, map[string]bool{}
			for _, n := range d.chat.said {
				if n.Act == notify.Post || n.Act == notify.Update {
					shown[cmp.Or(n.Page, n.Key)] = n.State
				}
			}
			for _, n := range d.pager.said {
				open[n.Alias] = n.Act == notify.Post
			}
			for key, state := range shown {
				if state != notify.Resolved {
					t.Errorf("%d kinds, killed at write %d: %s shows %s for ever", kinds, at, key, state)
				}
			}
			for alias, still := range open {
				if still {
					t.Errorf("%d kinds, killed at write %d: the alert %s was never ended", kinds, at, alias)
				}
			}
			if err == nil {
				break
			}
		}
	}
}

// wantEachToldOnce checks what the channel holds in the end.
func (d *driver) wantEachToldOnce(t *testing.T, name string, kinds int) {
	t.Helper()
	pages := map[string]notify.Notice{}
	for _, n := range d.chat.said {
		switch n.Act {
		case notify.Post:
			if _, twice := pages[n.Key]; twice {
				t.Errorf("%s: %s was announced twice", name, n.Key)
			}
			pages[n.Key] = n
		case notify.Update:
			pages[n.Page] = n
		}
	}
	told := map[string]int{}
	for _, n := range pages {
		lines := []string{n.Headline.Plain()}
		if len(n.Lines) > 0 {
			lines = nil
			for _, l := range n.Lines {
				lines = append(lines, l.Plain())
			}
		}
		for _, l := range lines {
			_, event, _ := strings.Cut(l, "failed ")
			event, _, _ = strings.Cut(event, " ")
			told[event]++
		}
	}
	for event, times := range told {
		if times != 1 {
			t.Errorf("%s: %s was told %d times", name, event, times)
		}
	}
	if len(told) != kinds {
		t.Errorf("%s: told of %d problems, want %d: %v", name, len(told), kinds, told)
	}
	open := map[string]bool{}
	for _, n := range d.pager.said {
		open[n.Alias] = n.Act == notify.Post
	}
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if len(k.Alerts) == 0 || !slices.ContainsFunc(k.Alerts, func(a incident.Alert) bool { return open[a.Alias] }) {
			t.Errorf("%s: nobody was paged for %s", name, notice.Headline(&k.Incident).Plain())
		}
	}
	d.chat.said, d.pager.said = nil, nil
	d.queues["error"].messages = nil
	for range 2 {
		d.now = d.now.Add(2 * 60e9)
		if _, err := d.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range d.pager.said {
		open[n.Alias] = n.Act == notify.Post
	}
	for alias, still := range open {
		if still {
			t.Errorf("%s: the alert %s was never ended", name, alias)
		}
	}
}

// A click, or another pass, between a pass's reading and its writing.
func TestWhatAPersonDoesDuringAPassStands(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	k := d.only(t)
	clicked := false
	d.ledger.before = func(e ledger.Entry) error {
		if !clicked && strings.HasSuffix(e.Key.Partition, "/incidents") {
			clicked = true
			deed := lifecycle.Action{Subjects: []string{k.Subject()}, By: "U0123", At: d.now}
			if _, err := d.Apply(t.Context(), deed); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	d.now = d.now.Add(2 * 60e9)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if k := d.only(t); k.State != incident.Acknowledged || k.HandledBy != "U0123" || k.Count() != 3 {
		t.Errorf("kept %+v", k.Incident)
	}
	last := notify.Notice{}
	for _, n := range d.chat.said {
		if n.Act == notify.Update {
			last = n
		}
	}
	if last.State != notify.Acknowledged || !strings.HasPrefix(last.Headline.Plain(), "3 failed") {
		t.Errorf("the page shows %s: %s", last.State, last.Headline.Plain())
	}
}

func TestWithoutTheLedgerOnlyPagesGoOut(t *testing.T) {
	d := newDriver(t,
		triage.PageRule{When: `failure.messageType.endsWith("OrderPlaced")`, Priority: "P3"},
		triage.PageRule{When: `failure.messageType.endsWith("Charged")`, Priority: "P1"})
	d.pass(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.queues["error"].fail(1, "Charged", "CardExpired")
	d.queues["shop.orders/$DeadLetterQueue"].fail(1, "CustomerMoved", "AddressUnknown")
	d.ledger.down = errors.New("no storage")
	for range 2 {
		d.now = d.now.Add(2 * 60e9)
		if _, err := d.Run(t.Context()); !errors.Is(err, d.ledger.down) {
			t.Errorf("error is %v", err)
		}
	}
	wantHeard(t, d.chat.heard())
	raised := d.pager.said
	wantHeard(t, d.pager.heard(),
		"post P1: Blind: error holds failures, and the ledger cannot be read",
		"post P1: Blind: error holds failures, and the ledger cannot be read")
	if raised[0].Alias != raised[1].Alias {
		t.Error("the alarm has two aliases: a pager takes it for two")
	}
	d.ledger.down = nil
	d.now = d.now.Add(10 * 60e9)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	over := 0
	for _, n := range d.pager.said {
		if n.Act == notify.Close && n.Alias == raised[0].Alias {
			over++
		}
	}
	if over != 1 {
		t.Errorf("the alarm was ended %d times", over)
	}
}

// Of two passes the slower one has read before something happened to a queue,
// the faster one after. The slower one must not undo what the faster one has
// written, before its plan is in the ledger or after.
func TestAPassWithAnOlderReadingUndoesNothing(t *testing.T) {
	for _, tt := range []struct {
		name       string
		when       string // in the name of the row that the slower one is about to write
		before     func(*queue)
		meanwhile  func(*queue)
		state      incident.State
		generation int
		count      int
	}{
		{"half taken, then all", "/places", one, none, incident.Resolved, 1, 0},
		{"half taken, then all, after the plan", "/incidents", one, none, incident.Resolved, 1, 0},
		{"taken, then another came", "/places", none, more, incident.Open, 1, 3},
		{"taken, then another came, after the plan", "/incidents", none, more, incident.Open, 2, 3}, // it was seen to be gone
		{"more, then more still", "/places", more, more, incident.Open, 1, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDriver(t)
			q := d.queues["error"]
			q.fail(2, "OrderPlaced", "CardExpired")
			d.pass(t)
			tt.before(q)
			var once sync.Once
			d.ledger.before = func(e ledger.Entry) error {
				if strings.HasSuffix(e.Key.Partition, tt.when) {
					once.Do(func() {
						d.ledger.before = nil
						tt.meanwhile(q)
						if _, err := d.Run(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				return nil
			}
			pass := func() {
				d.now = d.now.Add(2 * time.Minute)
				if _, err := d.Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
			pass()
			if k := d.only(t); k.State != tt.state || k.Generation != tt.generation || k.Count() != tt.count {
				t.Errorf("%s in life %d with %d messages, want %s in life %d with %d", k.State, k.Generation, k.Count(), tt.state, tt.generation, tt.count)
			}
			d.wantEndings(t, tt.generation-number(tt.state == incident.Open))
			none(q)
			pass()
			d.wantEndings(t, tt.generation)
		})
	}
}

// wantEndings checks how often the chat was told that it is over.
func (d *driver) wantEndings(t *testing.T, want int) {
	t.Helper()
	said := 0
	for _, n := range d.chat.said {
		said += number(n.Act == notify.Reply && strings.HasPrefix(n.Headline.Plain(), "Resolved"))
	}
	if said != want {
		t.Errorf("said %d times that it is over, want %d", said, want)
	}
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func one(q *queue)  { q.messages = q.messages[:1] }
func none(q *queue) { q.messages = nil }
func more(q *queue) { q.fail(3, "OrderPlaced", "CardExpired") }

// endless lets a pass fail when it writes that it has ended.
func (d *driver) endless() {
	counted := false
	d.ledger.before = func(e ledger.Entry) error {
		if e.Key.Row != "$last" {
			return nil
		}
		if counted {
			return errCrash
		}
		counted = true
		return nil
	}
}

// Passes that are killed before their end leave no number to the next, which
// may meet another storm.
func TestTwoStormsOfPassesThatDidNotEndAreTwoAlerts(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	d.pass(t)
	killed := func() {
		t.Helper()
		d.now = d.now.Add(2 * 60e9)
		d.endless()
		if _, err := d.Run(t.Context()); !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		d.ledger.before = nil
		if _, err := d.Delivery.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	storm := func(first byte) {
		for i := range byte(8) {
			d.queues["error"].fail(1, fmt.Sprintf("Event%c", first+i), "Broken")
		}
	}
	storm('A')
	killed()
	d.queues["error"].messages = nil
	killed()
	storm('K')
	d.pass(t)
	open := map[string]bool{}
	for _, n := range d.pager.said {
		open[n.Alias] = n.Act == notify.Post
	}
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if k.Alive() && !slices.ContainsFunc(k.Alerts, func(a incident.Alert) bool { return open[a.Alias] }) {
			t.Errorf("nobody was paged for %s", notice.Headline(&k.Incident).Plain())
		}
	}
}
