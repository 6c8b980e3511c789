package errorqueue_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A simulation is two hours of a bad day, around midnight: two processes on
// one ledger, whose calls come in any order.
type simulation struct {
	turns

	t         *testing.T
	rand      *rand.Rand
	memory    *ledger.Memory
	incidents incident.Store // as nobody hinders
	processes []*process
	queues    map[string]*queue
	channels  map[string]*faultyChannel

	config  triage.Config
	stretch int
	places  []source.Source
	steps   int
	number  int64 // sequence number of the newest message
	calm    bool
	owed    map[string]bool // kinds of failures that a pass has met and must have told
	acked   map[string]bool // aliases that somebody has acknowledged in the pager
	unknown []string        // keys of notices whose rows were spoilt, and fingerprints of which spoilt plans spoke
	absent  map[string]bool // pages of which the row of a notice was made one of an older shape
	renewed map[string]bool // fingerprints whose rows were spoilt
	gone    map[string]bool // kinds of failures of which the row of the incident was spoilt
}

// dlq is the place that is not watched for a while on some days.
const dlq = "shop.orders/$DeadLetterQueue"

func newSimulation(t *testing.T, seed uint64) *simulation {
	time.Sleep(time.Until(time.Date(2026, 4, 17, 22, 45, 0, 0, time.UTC)))
	s := &simulation{
		t: t, rand: rand.New(rand.NewPCG(seed, 7)), memory: new(ledger.Memory), config: badDay(t, seed),
		queues: map[string]*queue{"error": {}, dlq: {}}, channels: map[string]*faultyChannel{},
		places: []source.Source{{Queue: "error"}, {Queue: "shop.orders", DeadLetter: true}},
		owed:   map[string]bool{}, acked: map[string]bool{}, renewed: map[string]bool{}, gone: map[string]bool{}, absent: map[string]bool{},
	}
	s.incidents = incident.Store{Ledger: s.memory, Environment: "test"}
	if seed%4 == 3 {
		s.stretch = 20 // the queues are deep
	}
	for n, name := range []string{"slack", "opsgenie"} {
		s.channels[name] = &faultyChannel{
			rand: rand.New(rand.NewPCG(seed, uint64(n))), check: func(notify.Notice) {},
			pages: map[string]*shownPage{}, said: map[string]int{}, at: map[string]time.Time{}, limited: map[int]time.Time{},
		}
	}
	s.channels["opsgenie"].check = s.wantAlive
	for id := range 2 {
		p := &process{s: s, id: id}
		if hasFaults.clocks {
			p.ahead = time.Duration(s.rand.IntN(239)-119) * time.Second
		}
		p.start()
		s.processes = append(s.processes, p)
	}
	return s
}

// badDay is what is configured on a day: of four days one has page rules
// alone, and each has other things besides.
func badDay(t *testing.T, seed uint64) triage.Config {
	cfg := triage.Config{Page: []triage.PageRule{
		{When: `incident.count >= 6`, Priority: "P1"},
		{When: `failure.messageType.endsWith("A")`, Priority: "P3"},
	}}
	if seed%2 == 1 {
		cfg.Page = append(cfg.Page, triage.PageRule{When: `incident.age > duration("40m")`, Priority: "P4"})
		cfg.RemindAfter = setting.Duration(25 * time.Minute)
		cfg.Routes = []triage.Route{
			{When: `failure.messageType.endsWith("B") || incident.count == 2`, Slack: setting.Slack{Channel: "#too"}, Also: true},
			{When: `failure.messageType.endsWith("C")`, Slack: setting.Slack{Channel: "#instead"}},
		}
	}
	if seed%4 >= 2 {
		cfg.Quiet = triage.Quiet{Outside: windows(t, "Mon-Sun 00:30-23:15")}
		cfg.Ignore = []triage.IgnoreRule{
			{When: `failure.messageType.endsWith("E")`, Until: date(t, "2026-04-17"), Because: "known until midnight"},
		}
	}
	return cfg
}

// change lets somebody change the configuration: for a while some more is
// ignored, and one source is not watched.
func (s *simulation) change() {
	switch s.steps++; s.steps {
	case 15:
		s.places = s.places[:1]
	case 25:
		s.places = append(slices.Clone(s.places), source.Source{Queue: "shop.orders", DeadLetter: true})
	case 40:
		cfg := s.config
		cfg.Ignore = append(slices.Clone(cfg.Ignore), triage.IgnoreRule{When: `failure.messageType < "Shop.Orders.EventD"`, Because: "deploying"})
		defer func(was triage.Config) { s.config = was }(s.config)
		s.config = cfg
	case 57:
	default:
		return
	}
	for _, p := range s.processes {
		p.start()
	}
}

// any is one of the processes.
func (s *simulation) any() *process { return s.processes[s.rand.IntN(len(s.processes))] }

// minute is one or two of the bad day, with passes at its end.
func (s *simulation) minute() {
	s.change()
	time.Sleep(time.Duration(30+s.rand.IntN(150)) * time.Second)
	for range s.rand.IntN(3) {
		s.happens()
	}
	if s.rand.IntN(10) == 0 {
		s.queue().err = errors.New("link detached")
	}
	if hasFaults.rows && s.rand.IntN(12) == 0 {
		s.spoil()
	}
	s.together(func(calls int) {
		if calls > 0 && s.rand.IntN(50) == 0 {
			s.happens()
		}
	}, s.acts()...)
	for _, p := range s.processes {
		p.revive()
	}
	for _, entity := range []string{"error", dlq} {
		q := s.queues[entity]
		if q.outages = 0; s.rand.IntN(3) > 0 {
			q.err = nil
		}
	}
}

// happens is something that happens at any time.
func (s *simulation) happens() {
	switch s.rand.IntN(8) {
	case 0, 1, 2, 3:
		s.fail()
	case 4, 5:
		s.take()
	case 6:
		s.queue().outages = s.rand.IntN(2)
	case 7:
		s.acknowledge()
	}
}

// acts are what the processes do side by side. Each of them may be killed.
func (s *simulation) acts() []func() {
	one := s.any()
	acts := []func(){one.pass}
	if s.rand.IntN(2) == 0 {
		other, later := s.processes[1-one.id], s.soon()
		acts = append(acts, func() {
			time.Sleep(later)
			other.pass()
		})
	}
	for range s.rand.IntN(3) {
		clicks, later := s.click(s.any()), s.soon()
		acts = append(acts, func() {
			time.Sleep(later)
			clicks()
		})
	}
	for _, p := range s.processes {
		if p.left = -1; s.rand.IntN(6) == 0 {
			p.left = 1 + s.rand.IntN(60)
		}
		if p.odd = 0; hasFaults.clocks && s.rand.IntN(60) == 0 {
			p.odd = 24 * time.Hour
		}
	}
	return acts
}

func (s *simulation) soon() time.Duration { return time.Duration(s.rand.IntN(1500)) * time.Millisecond }

// settle is the quiet evening after the bad day.
func (s *simulation) settle() {
	s.calm = true
	for _, c := range s.channels {
		c.calm = true
	}
	for _, q := range s.queues {
		q.err = nil
	}
	for _, p := range s.processes {
		p.left, p.odd = -1, 0
	}
	for n := range 90 {
		time.Sleep(2 * time.Minute)
		s.together(nil, func() {
			p := s.processes[n%2]
			if _, err := p.Run(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		})
	}
}

var (
	days  = flag.Uint64("days", 8, "how many bad days are simulated")
	first = flag.Uint64("first", 0, "the seed of the first bad day")
	calls = flag.Bool("calls", false, "print each call that processes make")
)

func TestTwoHoursOfABadDay(t *testing.T) {
	for seed := *first; seed < *first+*days && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) {
			s := newSimulation(t, seed)
			for range 60 {
				s.minute()
			}
			s.settle()
			s.wantTruth(fmt.Sprintf("seed %d", seed))
		})
	}
}

// A process is one of those that watch.
type process struct {
	*driver
	s     *simulation
	id    int
	ahead time.Duration // of its clock
	odd   time.Duration // and for this pass alone
	still time.Time     // until when it does nothing
	left  int           // calls that it makes before it is killed; below 0: it is not
	dead  atomic.Bool

	mu  sync.Mutex
	met map[string]bool // kinds of failures, in this pass
}

func (p *process) now() time.Time { return time.Now().Add(p.ahead + p.odd) }

// start starts the process, with nothing in its memory.
func (p *process) start() {
	s := p.s
	p.driver = newDriverWith(s.t, s.config)
	p.ledger.Ledger = &gate{s.memory, p}
	p.Sources, p.Batch = s.places, s.stretch
	p.clock = p.now
	p.Open = func(at source.Source) source.Peeker { return view{s.queues[at.Entity()], p, at.Entity()} }
	for name, c := range s.channels {
		p.Delivery.Channels[name] = line{c, p}
	}
	p.Acknowledged = func(ctx context.Context, alias string) (by string, ok bool, err error) {
		err = p.call(ctx, "ask about "+alias, func() error {
			by, ok = "ann", s.acked[alias]
			return nil
		})
		return by, ok, err
	}
}

// revive starts the process again that was killed.
func (p *process) revive() {
	if p.left = -1; p.dead.Swap(false) {
		p.start()
	}
}

// meets remembers what a pass has met.
func (p *process) meets(kind string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.met[kind] = true
}

// pass makes a pass as the timer does.
func (p *process) pass() {
	p.met = map[string]bool{}
	ctx, cancel := context.WithTimeout(p.s.t.Context(), 4*time.Minute)
	defer cancel()
	if _, err := p.Run(ctx); err == nil {
		maps.Copy(p.s.owed, p.met)
	}
}
