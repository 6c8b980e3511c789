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
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
)

// A simulation is two hours of a bad day, around midnight.
type simulation struct {
	*desk
	t      *testing.T
	rand   *rand.Rand
	walls  map[string]*wall
	config errorqueue.Config
	step   int
	next   int64
	owed   map[string]bool // kinds of failures that a pass has met and must have told
	acked  map[string]bool // aliases that somebody has acknowledged in the pager
}

// dlq is the place that is not watched for a while on some days.
const dlq = "shop.orders/$DeadLetterQueue"

func newSimulation(t *testing.T, seed uint64) *simulation {
	cfg := badDay(t, seed)
	d := newDeskWith(t, cfg)
	d.now = time.Date(2026, 4, 17, 22, 45, 0, 0, time.UTC)
	if seed%4 == 3 {
		d.Stretch = 20 // the queues are deep
	}
	s := &simulation{
		desk: d, t: t, rand: rand.New(rand.NewPCG(seed, 7)), walls: map[string]*wall{}, config: cfg,
		owed: map[string]bool{}, acked: map[string]bool{},
	}
	d.Acknowledged = func(_ context.Context, alias string) (string, bool, error) {
		if s.rand.IntN(20) == 0 {
			return "", false, errors.New("the pager does not answer")
		}
		return "ann", s.acked[alias], nil
	}
	for n, name := range []string{"slack", "opsgenie"} {
		w := &wall{rand: rand.New(rand.NewPCG(seed, uint64(n))), pages: map[string]*sheet{}, said: map[string]int{}, check: func(notify.Notice) {}}
		s.walls[name] = w
		d.Delivery.Channels[name] = w
	}
	s.walls["opsgenie"].check = func(n notify.Notice) {
		if n.Act != notify.Announce {
			return
		}
		if over, err := d.Incidents.Over(t.Context(), n.Subject); err == nil && over {
			t.Errorf("seed %d: somebody was paged for %s, which is over", seed, n.Headline.Plain())
		}
	}
	return s
}

// badDay is what is configured on a day: of four days one has page rules
// alone, and each has other things besides.
func badDay(t *testing.T, seed uint64) errorqueue.Config {
	cfg := errorqueue.Config{Page: []errorqueue.PageRule{
		{When: `incident.count >= 6`, Priority: "P1"},
		{When: `failure.messageType.endsWith("A")`, Priority: "P3"},
	}}
	if seed%2 == 1 {
		cfg.Page = append(cfg.Page, errorqueue.PageRule{When: `incident.age > duration("40m")`, Priority: "P4"})
		cfg.RemindAfter = setting.Duration(25 * time.Minute)
		cfg.Routes = []errorqueue.Route{
			{When: `failure.messageType.endsWith("B") || incident.count == 2`, Slack: setting.Slack{Channel: "#too"}, Also: true},
			{When: `failure.messageType.endsWith("C")`, Slack: setting.Slack{Channel: "#instead"}},
		}
	}
	if seed%4 >= 2 {
		cfg.Quiet = errorqueue.Quiet{Outside: windows(t, "Mon-Sun 00:30-23:15")}
		cfg.Ignore = []errorqueue.IgnoreRule{
			{When: `failure.messageType.endsWith("E")`, Until: date(t, "2026-04-17"), Because: "known until midnight"},
		}
	}
	return cfg
}

func (s *simulation) queue() *queue {
	if s.rand.IntN(3) == 0 {
		return s.queues[dlq]
	}
	return s.queues["error"]
}

// change lets somebody change the configuration: for a while some more is
// ignored, and one source is not watched.
func (s *simulation) change() {
	switch s.step++; s.step {
	case 15:
		s.Places = s.Places[:1]
	case 25:
		s.Places = append(slices.Clone(s.Places), errorqueue.Place{Queue: "shop.orders", DeadLetter: true})
	case 40:
		cfg := s.config
		cfg.Ignore = append(slices.Clone(cfg.Ignore), errorqueue.IgnoreRule{When: `failure.messageType < "Shop.Orders.EventD"`, Because: "deploying"})
		s.obey(s.t, cfg)
	case 57:
		s.obey(s.t, s.config)
	}
}

// acknowledge lets somebody acknowledge an alert in the pager.
func (s *simulation) acknowledge() {
	pages := s.walls["opsgenie"].pages
	for _, key := range slices.Sorted(maps.Keys(pages)) {
		if p := pages[key]; !p.ended && s.rand.IntN(3) == 0 {
			s.acked[p.notice.Alias] = true
			return
		}
	}
}

// fail lets some messages fail, now and then many kinds at once.
func (s *simulation) fail() {
	kinds := 1
	if s.rand.IntN(12) == 0 {
		kinds = 7 + s.rand.IntN(7)
	}
	for range kinds {
		q := s.queue()
		at := len(q.messages)
		q.fail(1+s.rand.IntN(4), fmt.Sprintf("Event%c", 'A'+s.rand.IntN(16)), "Broken")
		for i := range q.messages[at:] {
			s.next++
			m := &q.messages[at+i]
			m.SequenceNumber, m.EnqueuedAt = s.next, s.now
			m.ID = fmt.Sprint("m", s.next)
			m.Properties["rbs2-msg-id"] = m.ID
			details := m.Properties["rbs2-error-details"].(string)
			m.Properties["rbs2-error-details"] = strings.Replace(details, "04/17/2026 08:34:01 +00:00", s.stamp(), 1)
		}
	}
}

// stamp is when a message says that it failed: now, or what a clock, a default
// or a time zone makes of it.
func (s *simulation) stamp() string {
	odd := []string{"12/31/9999 23:59:59 -05:00", "01/01/0000 00:00:00 +05:00", "01/01/0001 00:00:00 +00:00", "01/01/1970 00:00:00 +00:00", "01/01/2099 00:00:00 +00:00"}
	if n := s.rand.IntN(20); n < len(odd) {
		return odd[n]
	}
	return s.now.Format("01/02/2006 15:04:05 -07:00")
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

// click lets somebody click, which may be killed at any of its writes.
func (s *simulation) click() {
	if before := s.ledger.before; before == nil && s.rand.IntN(3) == 0 {
		s.crashAt(s.rand.IntN(8))
		defer func() { s.ledger.before = nil }()
	}
	all, err := s.Incidents.All(s.t.Context())
	if err != nil {
		return
	}
	for _, fingerprint := range slices.Sorted(maps.Keys(all)) {
		k := all[fingerprint]
		if !k.Alive() || s.rand.IntN(3) > 0 {
			continue
		}
		deed := incident.Deed{Subjects: []string{k.Subject()}, By: "U0123", At: s.now}
		if page := k.Pages; len(page) > 0 && page[0].Shared && s.rand.IntN(2) == 0 {
			deed.Subjects[0] = page[0].Key
		}
		if s.rand.IntN(2) == 0 {
			deed.Until = s.now.Add(time.Duration(1+s.rand.IntN(30)) * time.Minute)
		}
		_, err := s.Do(s.t.Context(), deed)
		if err != nil && !errors.Is(err, incident.ErrOver) && !errors.Is(err, errCrash) {
			s.t.Error(err)
		}
		return
	}
}

// minute is one or two of the bad day, with a pass at its end.
func (s *simulation) minute() {
	s.change()
	s.now = s.now.Add(time.Duration(30+s.rand.IntN(150)) * time.Second)
	for range s.rand.IntN(3) {
		switch s.rand.IntN(9) {
		case 0, 1, 2, 3:
			s.fail()
		case 4, 5:
			s.take()
		case 6:
			s.click()
		case 7:
			s.queue().outages = s.rand.IntN(2)
		case 8:
			s.acknowledge()
		}
	}
	broken := s.queue()
	if s.rand.IntN(10) == 0 {
		broken.err = errors.New("link detached")
	}
	blind := slices.ContainsFunc(slices.Collect(maps.Values(s.queues)), func(q *queue) bool { return q.err != nil })
	switch s.rand.IntN(8) {
	case 0, 1:
		s.crashAt(s.rand.IntN(25))
	case 2:
		s.overtakeAt(s.rand.IntN(20))
	}
	met := s.lying()
	_, err := s.Run(s.t.Context())
	if err == nil && !blind && s.Stretch == 0 {
		for kind := range met {
			s.owed[kind] = true
		}
	}
	s.ledger.before = nil
	for _, entity := range []string{"error", dlq} {
		q := s.queues[entity]
		if q.outages = 0; s.rand.IntN(3) > 0 {
			q.err = nil
		}
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
		s.now = s.now.Add(time.Duration(s.rand.IntN(1000)) * time.Millisecond)
		switch s.rand.IntN(3) {
		case 0:
			s.fail()
		case 1:
			s.take()
		case 2:
			s.click()
		}
		_, _ = s.Run(s.t.Context())
		return nil
	}
}

// lying are the kinds of failures that lie where we look, and how many of
// each.
func (s *simulation) lying() map[string]int {
	kinds := map[string]int{}
	for _, place := range s.Places {
		for _, m := range s.queues[place.Entity()].messages {
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
	for _, q := range s.queues {
		q.err = nil
	}
	for range 90 {
		s.now = s.now.Add(2 * time.Minute)
		if _, err := s.Run(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
}

var days = flag.Uint64("days", 12, "how many bad days are simulated")

func TestTwoHoursOfABadDay(t *testing.T) {
	for seed := range *days {
		s := newSimulation(t, seed)
		for range 60 {
			s.minute()
		}
		s.settle()
		s.wantTruth(fmt.Sprintf("seed %d", seed))
		if t.Failed() {
			return
		}
	}
}
