package errorqueue_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// wall is a channel as people see it, with the faults of a bad day: answers
// that are lost after the message was taken, refusals, outages.
type wall struct {
	mu    sync.Mutex
	rand  *rand.Rand
	calm  bool
	check func(notify.Notice)
	pages map[string]*sheet // by the key of the announcement
	said  map[string]int    // by key, how often something was posted
}

// A sheet is what one page shows now.
type sheet struct {
	notice notify.Notice
	ended  bool
}

func (w *wall) Send(_ context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	luck := w.rand.IntN(100)
	switch {
	case w.calm:
	case luck < 8:
		return notify.Receipt{}, &notify.LaterError{After: time.Minute, Err: errors.New("rate limited")}
	case luck < 14:
		return notify.Receipt{}, notify.ErrUnknown
	}
	w.check(n)
	id := page.ID
	switch n.Act {
	case notify.Announce:
		id = n.Key
		w.said[n.Key]++
		w.pages[n.Key] = &sheet{notice: n}
	case notify.Revise:
		w.pages[n.Page].notice = n
	case notify.Remark:
		w.said[n.Key]++
	case notify.End:
		if p := w.pages[n.Page]; p != nil { // one that is not there needs no closing
			p.ended = true
		}
	}
	if !w.calm && luck < 22 {
		return notify.Receipt{}, fmt.Errorf("the answer was lost: %w", notify.ErrUnknown)
	}
	return notify.Receipt{Place: "C1", ID: id}, nil
}

func (w *wall) Find(_ context.Context, n notify.Notice, page notify.Receipt, _ time.Time) (notify.Receipt, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.Act == notify.Announce || n.Act == notify.Remark {
		if !w.calm && w.rand.IntN(10) == 0 {
			return notify.Receipt{}, false, errors.New("no history now")
		}
		id := n.Key
		if n.Act == notify.Remark {
			id = page.ID
		}
		return notify.Receipt{Place: "C1", ID: id}, w.said[n.Key] > 0, nil
	}
	return notify.Receipt{}, false, nil
}

// A simulation is two hours of a bad day.
type simulation struct {
	*desk
	t     *testing.T
	rand  *rand.Rand
	walls map[string]*wall
	next  int64
	owed  map[string]bool // kinds of failures that a pass has met and must have told
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	d := newDesk(t, errorqueue.PageRule{When: `incident.count >= 6`, Priority: "P1"}, errorqueue.PageRule{When: `failure.messageType.endsWith("A")`, Priority: "P3"})
	s := &simulation{desk: d, t: t, rand: rand.New(rand.NewPCG(seed, 7)), walls: map[string]*wall{}, owed: map[string]bool{}}
	for n, name := range []string{"slack", "opsgenie"} {
		w := &wall{rand: rand.New(rand.NewPCG(seed, uint64(n))), pages: map[string]*sheet{}, said: map[string]int{}, check: func(notify.Notice) {}}
		s.walls[name] = w
		d.Delivery.Channels[name] = w
	}
	s.walls["opsgenie"].check = func(n notify.Notice) {
		if n.Act != notify.Announce || !strings.HasPrefix(n.Subject, "incident/") {
			return
		}
		if over, err := d.Incidents.Over(t.Context(), n.Subject); err == nil && over {
			t.Errorf("seed %d: somebody was paged for %s, which is over", seed, n.Headline.Plain())
		}
	}
	return s
}

func (s *simulation) queue() *queue {
	if s.rand.IntN(3) == 0 {
		return s.queues["shop.orders/$DeadLetterQueue"]
	}
	return s.queues["error"]
}

// fail lets some messages fail, now and then many kinds at once.
func (s *simulation) fail() {
	kinds := 1
	if s.rand.IntN(12) == 0 {
		kinds = 7
	}
	for range kinds {
		q := s.queue()
		at := len(q.messages)
		q.fail(1+s.rand.IntN(4), fmt.Sprintf("Event%c", 'A'+s.rand.IntN(10)), "Broken")
		for i := range q.messages[at:] {
			s.next++
			m := &q.messages[at+i]
			m.SequenceNumber, m.EnqueuedAt = s.next, s.now
			m.ID = fmt.Sprint("m", s.next)
			m.Properties["rbs2-msg-id"] = m.ID
		}
	}
}

// take lets somebody else take some or all messages of a queue.
func (s *simulation) take() {
	q := s.queue()
	keep := q.messages[:0:0]
	all := s.rand.IntN(2) == 0
	for _, m := range q.messages {
		if !all && s.rand.IntN(2) == 0 {
			keep = append(keep, m)
		}
	}
	q.messages = keep
}

func (s *simulation) click() {
	all, err := s.Incidents.All(s.t.Context())
	if err != nil {
		return
	}
	for _, fingerprint := range slices.Sorted(maps.Keys(all)) {
		k := all[fingerprint]
		if !k.Alive() || s.rand.IntN(3) > 0 {
			continue
		}
		deed := incident.Deed{Subject: k.Subject(), By: "U0123", At: s.now}
		if s.rand.IntN(2) == 0 {
			deed.Until = s.now.Add(time.Duration(1+s.rand.IntN(30)) * time.Minute)
		}
		_, err := s.Incidents.Do(s.t.Context(), s.Voice, deed, s.Delivery.Write)
		if err != nil && !errors.Is(err, incident.ErrOver) && !errors.Is(err, errCrash) {
			s.t.Error(err)
		}
		return
	}
}

// step is a minute or so of the bad day, with a pass at its end.
func (s *simulation) step() {
	s.now = s.now.Add(time.Duration(30+s.rand.IntN(150)) * time.Second)
	for range s.rand.IntN(3) {
		switch s.rand.IntN(8) {
		case 0, 1, 2, 3:
			s.fail()
		case 4, 5:
			s.take()
		case 6:
			s.click()
		case 7:
			s.queue().outages = s.rand.IntN(2)
		}
	}
	broken := s.queue()
	if s.rand.IntN(10) == 0 {
		broken.err = errors.New("link detached")
	}
	switch s.rand.IntN(8) {
	case 0, 1:
		s.crashAt(s.rand.IntN(25))
	case 2:
		s.overtakeAt(s.rand.IntN(6))
	}
	met := s.lying()
	_, err := s.Run(s.t.Context())
	if err == nil && broken.err == nil {
		for kind := range met {
			s.owed[kind] = true
		}
	}
	broken.err, s.ledger.before = nil, nil
	for _, q := range s.queues {
		q.outages = 0
	}
	if s.rand.IntN(5) == 0 { // another instance, at the same time or soon after
		_, _ = s.Run(s.t.Context())
	}
}

// overtakeAt lets another instance make a whole pass before the n-th write
// from now on of what was decided, and of more than the first one has read.
func (s *simulation) overtakeAt(n int) {
	s.ledger.before = func(e ledger.Entry) error {
		decided := strings.HasSuffix(e.Key.Partition, "/incidents") || strings.HasSuffix(e.Key.Partition, "/places")
		if !decided { // the others are written by many at once
			return nil
		}
		if n--; n >= 0 {
			return nil
		}
		s.ledger.before = nil
		if s.rand.IntN(2) == 0 {
			s.fail()
		} else {
			s.take()
		}
		_, _ = s.Run(s.t.Context())
		return nil
	}
}

// lying are the kinds of failures that lie there, and how many of each.
func (s *simulation) lying() map[string]int {
	kinds := map[string]int{}
	for _, q := range s.queues {
		for _, m := range q.messages {
			kinds[kind(m)]++
		}
	}
	return kinds
}

func kind(m message.Message) string {
	name := m.Text("rbs2-msg-type")
	name, _, _ = strings.Cut(name[strings.LastIndex(name, ".Event")+1:], ",")
	return name
}

// settle is the quiet evening after the bad day.
func (s *simulation) settle() {
	for _, w := range s.walls {
		w.calm = true
	}
	for range 90 {
		s.now = s.now.Add(2 * time.Minute)
		if _, err := s.Run(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
}

var days = flag.Uint64("days", 15, "how many bad days are simulated")

func TestTwoHoursOfABadDay(t *testing.T) {
	for seed := range *days {
		s := newSimulation(t, seed)
		for range 60 {
			s.step()
		}
		s.settle()
		s.wantTruth(fmt.Sprintf("seed %d", seed))
		if t.Failed() {
			return
		}
	}
}

// wantTruth checks what people see in the end against what happened.
func (s *simulation) wantTruth(name string) {
	s.t.Helper()
	chat, pager := s.walls["slack"], s.walls["opsgenie"]
	for key, times := range chat.said {
		if times != 1 {
			s.t.Errorf("%s: %s was posted %d times", name, key, times)
		}
	}
	all, err := s.Incidents.All(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	lying := s.lying()
	told := map[string]bool{}
	for _, k := range all {
		event := incident.ShortType(k.Failure.MessageType, "")
		if k.Blind {
			continue
		}
		told[event] = true
		if n := lying[event]; k.Alive() != (n > 0) || k.Count() != n {
			s.t.Errorf("%s: %s has %d messages, the incident is %s with %d", name, event, n, k.State, k.Count())
		}
		shows := s.shows(k, name)
		if shows != k.Alive() {
			s.t.Errorf("%s: the page of %s shows it alive: %t, it is %s", name, event, shows, k.State)
		}
		open := 0
		for _, a := range k.Alerts {
			if p := pager.pages[a.Key]; p != nil && !p.ended {
				open++
			}
		}
		if !k.Alive() && open > 0 || k.Alive() && k.Priority != "" && open == 0 {
			s.t.Errorf("%s: %s is %s at %q with %d open alerts", name, event, k.State, k.Priority, open)
		}
	}
	for event := range s.owed {
		if !told[event] {
			s.t.Errorf("%s: %s was never told", name, event)
		}
	}
	s.wantNoOrphans(name, all)
	for e, err := range s.ledger.List(s.t.Context(), "test/notices") {
		if err != nil || strings.Contains(string(e.Value), `"stage":"pending"`) || strings.Contains(string(e.Value), `"stage":"sending"`) {
			s.t.Errorf("%s: a notice is still to be said: %s", name, e.Value)
		}
	}
}

// wantNoOrphans checks that what belongs to no living incident is over.
func (s *simulation) wantNoOrphans(name string, all map[string]incident.Kept) {
	living := map[string]bool{}
	for _, k := range all {
		if !k.Alive() {
			continue
		}
		for _, p := range k.Pages {
			living[p.Key] = true
		}
		for _, a := range k.Alerts {
			living[a.Key] = true
		}
	}
	for key, p := range s.walls["slack"].pages {
		if !living[key] && p.notice.State != notify.Resolved && !strings.HasPrefix(p.notice.Headline.Plain(), "Reminder") {
			s.t.Errorf("%s: %s shows for ever: %s", name, key, p.notice.Headline.Plain())
		}
	}
	for key, p := range s.walls["opsgenie"].pages {
		if !living[key] && !p.ended {
			s.t.Errorf("%s: the alert %s is open for ever: %s", name, key, p.notice.Headline.Plain())
		}
	}
}

// shows reports whether the incident's pages show it as alive. There must be
// one, and it must show the count.
func (s *simulation) shows(k incident.Kept, name string) bool {
	if len(k.Pages) != 1 {
		s.t.Errorf("%s: %s has %d pages", name, k.Fingerprint, len(k.Pages))
		return false
	}
	p := s.walls["slack"].pages[k.Pages[0].Key]
	if p == nil {
		s.t.Errorf("%s: the page of %s was never posted", name, k.Headline().Plain())
		return false
	}
	head := k.Headline().Plain()
	if k.Pages[0].Shared {
		for _, l := range p.notice.Lines {
			if l.Plain() == head {
				return p.notice.State != notify.Resolved && k.Alive()
			}
		}
		s.t.Errorf("%s: the digest does not show %s", name, head)
		return false
	}
	if p.notice.Headline.Plain() != head {
		s.t.Errorf("%s: the page shows %q, want %q", name, p.notice.Headline.Plain(), head)
	}
	return p.notice.State != notify.Resolved
}
