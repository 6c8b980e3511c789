package errorqueue_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// queue is a source in memory. An err is what its reader meets after the
// messages; outages is how many of the next looks find nothing.
type queue struct {
	messages []message.Message
	err      error
	outages  int
	looks    int
	shown    int
}

func (q *queue) Peek(_ context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		q.looks++
		if q.outages > 0 {
			q.outages--
			return
		}
		for _, m := range q.messages {
			if m.SequenceNumber < from {
				continue
			}
			if q.shown++; !yield(m, nil) {
				return
			}
		}
		if q.err != nil {
			yield(message.Message{}, q.err)
		}
	}
}

func (q *queue) fail(times int, event, exception string) {
	for range times {
		n := len(q.messages) + 1
		id := fmt.Sprintf("%s-%d", event, n)
		q.messages = append(q.messages, message.Message{
			Entity: "error", ID: id, SequenceNumber: int64(n), EnqueuedAt: start.Add(time.Duration(n) * time.Second),
			Properties: map[string]any{
				"rbs2-msg-id": id, "rbs2-msg-type": "Shop.Orders." + event + ", Shop.Orders", "rbs2-source-queue": "shop.billing",
				"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop." + exception + ": no luck for ann@shop.example\n" +
					"   at Shop.Billing." + event + "Handler.Handle(" + event + " message) in /src/Handler.cs:line 52\n" +
					"   at Rebus.Pipeline.Receive.HandlerInvoker`1.Invoke()",
			},
			Body: []byte(`{"OrderId":40318}`),
		})
	}
}

// chat remembers what it was told.
type chat struct {
	mu    sync.Mutex
	said  []notify.Notice
	there map[string]bool // keys of all that was ever said
	fails error
}

func (c *chat) Send(ctx context.Context, n notify.Notice, _ notify.Receipt) (notify.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmp.Or(c.fails, ctx.Err()); err != nil {
		return notify.Receipt{}, err
	}
	if c.said = append(c.said, n); c.there == nil {
		c.there = map[string]bool{}
	}
	c.there[n.Key] = true
	return notify.Receipt{Destination: "C1", ID: n.Key}, nil
}

func (c *chat) Find(_ context.Context, n notify.Notice, _ notify.Receipt, _ time.Time) (notify.Receipt, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return notify.Receipt{Destination: "C1", ID: n.Key}, c.there[n.Key], nil
}

// heard returns act and headline of what was said since the last call.
func (c *chat) heard() []string {
	var lines []string
	for _, n := range c.said {
		lines = append(lines, strings.TrimSpace(string(n.Act)+" "+n.Priority)+": "+n.Headline.Plain())
	}
	c.said = nil
	slices.Sort(lines)
	return lines
}

// failingLedger is a ledger that somebody can reach into: before is called
// before each write, and its error is what the caller gets.
type failingLedger struct {
	ledger.Ledger
	before func(ledger.Entry) error
	down   error
}

func (l *failingLedger) Get(ctx context.Context, key ledger.Key) (ledger.Entry, error) {
	if l.down != nil {
		return ledger.Entry{}, l.down
	}
	return l.Ledger.Get(ctx, key)
}

func (l *failingLedger) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	if l.down != nil {
		return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, l.down) }
	}
	return l.Ledger.List(ctx, partition)
}

func (l *failingLedger) Delete(ctx context.Context, e ledger.Entry) error {
	if l.before != nil {
		if err := l.before(e); err != nil {
			return err
		}
	}
	return l.Ledger.Delete(ctx, e)
}

func (l *failingLedger) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if l.before != nil {
		if err := l.before(e); err != nil {
			return ledger.Entry{}, err
		}
	}
	return l.Ledger.Insert(ctx, e)
}

func (l *failingLedger) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if l.before != nil {
		if err := l.before(e); err != nil {
			return ledger.Entry{}, err
		}
	}
	return l.Ledger.Update(ctx, e)
}

var start = time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)

// A driver drives passes over queues, channels and a ledger in memory, with a clock that
// a test sets.
type driver struct {
	*errorqueue.Watch
	ledger      *failingLedger
	chat, pager *chat
	queues      map[string]*queue
	now         time.Time
	skew        time.Duration // of the clock that passes go by; the ledger's is right
	clock       func() time.Time
}

// newDriver is a watch over the queues error and shop.orders/$DeadLetterQueue.
func newDriver(t *testing.T, page ...triage.PageRule) *driver {
	t.Helper()
	return newDriverWith(t, triage.Config{Page: page})
}

func newDriverWith(t *testing.T, cfg triage.Config, show ...string) *driver {
	t.Helper()
	d := &driver{chat: &chat{}, pager: &chat{}, now: start.Add(time.Hour), queues: map[string]*queue{"error": {}, "shop.orders/$DeadLetterQueue": {}}}
	rules, err := triage.NewRules(cfg)
	if err != nil {
		t.Fatal(err)
	}
	masker, err := privacy.New(privacy.Config{Show: show})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d.clock = func() time.Time { return d.now.Add(d.skew) }
	clock := func() time.Time { return d.clock() }
	l := &failingLedger{Ledger: &ledger.Memory{Now: func() time.Time { return d.now }}}
	d.ledger = l
	incidents := incident.Store{Ledger: l, Environment: "test", Now: clock}
	d.Watch = &errorqueue.Watch{
		Tracker: lifecycle.Tracker{
			Deployment: notice.Deployment{Environment: "test"}, Incidents: incidents,
			Delivery: &outbox.Delivery{
				Ledger: l, Environment: "test", Log: log, Now: clock, Writers: 1,
				Channels: map[string]notify.Channel{"slack": d.chat, "opsgenie": d.pager},
				Obsolete: func(ctx context.Context, n notify.Notice) (bool, error) {
					if n.Channel != "opsgenie" {
						return false, nil
					}
					return incidents.IsOver(ctx, n.Subject)
				},
			},
			Pager: incident.Target{Channel: "opsgenie"},
			Log:   log, Now: clock, RemindAfter: cfg.RemindAfter.Std(),
		},
		Triage:  triage.Triage{Reader: failure.NewReader(failure.Config{}), Masker: masker, Rules: rules},
		Sources: []source.Source{{Queue: "error"}, {Queue: "shop.orders", DeadLetter: true}},
		Open:    func(p source.Source) source.Peeker { return d.queues[p.Entity()] },
		Chat:    incident.Target{Channel: "slack", To: "#bus", Mention: "<!here>"},
		Writers: 1, // tests reach into the ledger between two writes
	}
	d.Journal = &incident.Journal{Ledger: l, Environment: "test", Records: incidents, Delivery: d.Delivery, Log: log, Writers: 1}
	return d
}

// Run makes a pass, and delivers what is due as the timer does.
func (d *driver) Run(ctx context.Context) (errorqueue.Pass, error) {
	p, err := d.Watch.Run(ctx)
	if p.Due != nil {
		_, _ = p.Due.Deliver(ctx) // what a channel does not take waits
	}
	return p, err
}

// pass makes one pass, two minutes after the last, and returns what the chat heard.
func (d *driver) pass(t *testing.T) []string {
	t.Helper()
	d.now = d.now.Add(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Tests let hours go by in which no pass comes.
	return slices.DeleteFunc(d.chat.heard(), func(line string) bool {
		return strings.Contains(line, "n time again") || strings.Contains(line, "looked for in time")
	})
}

func wantHeard(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("heard:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestOneMessageTellsTheLifeOfAnIncident(t *testing.T) {
	d := newDriver(t)
	wantHeard(t, d.pass(t))
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "post: 2 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pass(t))
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "update: 3 failed OrderPlaced in shop.billing: CardExpired")
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t),
		"reply: Growing: 4 messages now, 2 when first told.",
		"update: 4 failed OrderPlaced in shop.billing: CardExpired")
	d.queues["error"].messages = nil
	wantHeard(t, d.pass(t),
		"reply: Resolved after 37m59s: its messages are gone, taken by somebody else.",
		"update: Resolved: 4 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pass(t))
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "post: 1 failed OrderPlaced in shop.billing: CardExpired")
}

func TestWhatIsOverForLongIsForgotten(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.queues["error"].messages = nil
	d.pass(t)
	resolved := func() (n int) {
		t.Helper()
		all, err := d.Incidents.All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			if k.State == incident.Resolved && !k.Kind.Ours() {
				n++
			}
		}
		return n
	}
	for day := range 100 { // it is looked for every day
		d.now = d.now.AddDate(0, 0, 1)
		d.pass(t)
		if want := day+1 < 90; (resolved() == 1) != want {
			t.Fatalf("%d days later %d incidents are known", day+1, resolved())
		}
	}
}

func TestTwoProblemsAreTwoIncidents(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.queues["error"].fail(3, "CustomerMoved", "AddressUnknown")
	wantHeard(t, d.pass(t),
		"post: 1 failed OrderPlaced in shop.billing: CardExpired",
		"post: 3 failed CustomerMoved in shop.billing: AddressUnknown")
}

func TestManyNewProblemsAreOneDigest(t *testing.T) {
	d := newDriver(t)
	for i := range 12 {
		d.queues["error"].fail(i+1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.now = d.now.Add(time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	digest := d.chat.said[0]
	wantHeard(t, d.chat.heard(), "post: 78 failures of 12 kinds")
	if len(digest.Lines) != 11 || digest.Lines[0].Plain() != "12 failed EventL in shop.billing: Broken" || digest.Lines[10].Plain() != "… and 2 more" {
		t.Errorf("lines: %v", digest.Lines)
	}
	wantHeard(t, d.pass(t))
	d.queues["error"].messages = nil
	got := d.pass(t)
	if !slices.Contains(got, "update: Resolved: failures of 12 kinds") {
		t.Errorf("heard %q", got)
	}
}

func TestASourceThatCannotBeReadIsNotEmpty(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	q.fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	whole := q.messages
	q.messages, q.err = whole[:1], errors.New("link detached")
	wantHeard(t, d.pass(t), "post: Cannot read error")
	wantHeard(t, d.pass(t))
	q.messages, q.err = whole, nil
	wantHeard(t, d.pass(t),
		"reply: Can be read again after 4m0s.",
		"update: Resolved: can read error again")
}

func TestAnOutageThatLooksEmptyResolvesNothing(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	q.fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	q.outages, q.looks = 1, 0
	wantHeard(t, d.pass(t))
	if q.looks != 2 {
		t.Errorf("looked %d times, want twice", q.looks)
	}
}

func TestNoSourceReadableIsAnError(t *testing.T) {
	d := newDriver(t)
	for _, q := range d.queues {
		q.err = errors.New("no network")
	}
	if _, err := d.Run(t.Context()); !errors.Is(err, errorqueue.ErrUnreadable) {
		t.Errorf("error is %v, want ErrBlind", err)
	}
}

func TestAPageIsRaisedOnceAndEnded(t *testing.T) {
	d := newDriver(t,
		triage.PageRule{When: "incident.count >= 5", Priority: "P1"},
		triage.PageRule{When: `failure.messageType == "Shop.Orders.OrderPlaced"`, Priority: "P3"})
	q := d.queues["error"]
	q.fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	wantHeard(t, d.pager.heard(), "post P3: 1 failed OrderPlaced in shop.billing: CardExpired")
	d.pass(t)
	wantHeard(t, d.pager.heard())
	q.fail(4, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t),
		"reply: Escalated to P1.",
		"reply: Growing: 5 messages now, 1 when first told.",
		"update: 5 failed OrderPlaced in shop.billing: CardExpired")
	wantHeard(t, d.pager.heard(), "close: Over: escalated", "post P1: 5 failed OrderPlaced in shop.billing: CardExpired")
	q.messages = nil
	d.pass(t)
	wantHeard(t, d.pager.heard(), "close: Over: resolved")
}

func TestAStormIsOneAlert(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	for i := range 20 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	raised := d.pager.heard()
	if len(raised) != 6 || !slices.Contains(raised, "post P2: Storm: 15 failures of 15 kinds") {
		t.Errorf("raised %q", raised)
	}
	kept := d.queues["error"].messages
	d.queues["error"].messages = kept[:19]
	d.pass(t)
	d.pager.heard()
	d.queues["error"].messages = nil
	d.pass(t)
	if ended := d.pager.heard(); len(ended) < 5 {
		t.Errorf("ended %q", ended)
	}
}

// picky is a pager that refuses alerts of one priority.
type picky struct {
	*chat
	refuses string
}

func (p *picky) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if n.Act == notify.Post && n.Priority == p.refuses {
		return notify.Receipt{}, notify.ErrRejected
	}
	return p.chat.Send(ctx, n, page)
}

func TestAnAlertEndsOnlyWhenTheOneThatFollowsItIsThere(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "incident.count >= 5", Priority: "P1"}, triage.PageRule{When: "true", Priority: "P3"})
	pager := &picky{d.pager, "P1"}
	d.Delivery.Channels["opsgenie"] = pager
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	wantHeard(t, d.pager.heard(), "post P3: 1 failed OrderPlaced in shop.billing: CardExpired")
	d.queues["error"].fail(4, "OrderPlaced", "CardExpired")
	d.pass(t)
	wantHeard(t, d.pager.heard())
	pager.refuses = ""
	d.pass(t)
	wantHeard(t, d.pager.heard(), "close: Over: escalated", "post P1: 5 failed OrderPlaced in shop.billing: CardExpired")
}

func TestNobodyIsPagedForAStormThatIsOver(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	d.pager.fails = &notify.LaterError{After: time.Minute, Err: errors.New("out of order")}
	for i := range 8 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	d.queues["error"].messages = nil
	d.pass(t)
	d.pager.fails = nil
	d.pass(t)
	wantHeard(t, d.pager.heard())
}

func TestNoticeThatSlackMissedIsPostedLater(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	d.chat.fails = &notify.LaterError{Err: errors.New("connection refused")}
	d.pager.fails = &notify.LaterError{Err: errors.New("connection refused")}
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t))
	d.queues["error"].messages = nil
	wantHeard(t, d.pass(t))
	d.chat.fails, d.pager.fails = nil, nil
	got := d.pass(t)
	if len(got) == 0 || got[0] != "post: 1 failed OrderPlaced in shop.billing: CardExpired" {
		t.Errorf("a failure that came and went while Slack was down was not told: %q", got)
	}
	wantHeard(t, d.pager.heard()) // nobody is paged for what is over
}

func TestNothingUnmaskedIsKeptOrSaid(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.now = d.now.Add(time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %+v", d.chat.said, all); strings.Contains(text, "ann@shop") || strings.Contains(text, "40318") {
		t.Errorf("said or kept: %s", text)
	}
}

func TestAFloodOfDistinctFailuresIsBounded(t *testing.T) {
	d := newDriver(t)
	for i := range 600 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c%c", 'A'+i/26, 'A'+i%26), "Broken")
	}
	wantHeard(t, d.pass(t), "post: 600 failures of 501 kinds")
}

func TestAFingerprintRuleSplitsAndMerges(t *testing.T) {
	for _, tt := range []struct {
		name, by string
		want     []string
	}{
		{"split by the message", "failure.identity", []string{
			"post: 1 failed OrderPlaced in shop.billing: CardExpired",
			"post: 1 failed OrderPlaced in shop.billing: GatewayDown",
		}},
		{"merge all into one", `"billing"`, []string{"post: 2 failed OrderPlaced in shop.billing: GatewayDown"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDriverWith(t, triage.Config{Fingerprints: []triage.FingerprintRule{
				{When: `failure.failingQueue == "shop.billing"`, By: tt.by},
			}})
			d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
			d.queues["error"].fail(1, "OrderPlaced", "GatewayDown")
			wantHeard(t, d.pass(t), tt.want...)
		})
	}
}

func TestAFingerprintRuleLeavesOutTheMessageType(t *testing.T) {
	for _, tt := range []struct {
		counts bool
		by     string
		want   []string
	}{
		{true, "failure.exceptionType", []string{"post: 1 failed OrderPaid in shop.billing: GatewayDown", "post: 1 failed OrderPlaced in shop.billing: CardExpired", "post: 1 failed OrderPlaced in shop.billing: GatewayDown"}},
		{false, "", []string{"post: 1 failed OrderPaid in shop.billing: GatewayDown", "post: 1 failed OrderPlaced in shop.billing: CardExpired", "post: 1 failed OrderPlaced in shop.billing: GatewayDown"}}, // their frames differ
		{false, "failure.exceptionType", []string{"post: 1 failed OrderPlaced in shop.billing: CardExpired", "post: 2 failed OrderPaid in shop.billing: GatewayDown"}},
		{false, `"billing"`, []string{"post: 3 failed OrderPaid in shop.billing: GatewayDown"}},
	} {
		d := newDriverWith(t, triage.Config{Fingerprints: []triage.FingerprintRule{{When: "true", By: tt.by, MessageType: &tt.counts}}})
		d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
		d.queues["error"].fail(1, "OrderPlaced", "GatewayDown")
		d.queues["error"].fail(1, "OrderPaid", "GatewayDown")
		heard := d.pass(t)
		slices.Sort(heard)
		wantHeard(t, heard, tt.want...)
		x := d.Explainer(d.Sources[0]).Explain(&d.queues["error"].messages[0])
		if grounds := fmt.Sprint(x.Grounds); strings.Contains(grounds, "{message type Shop.Orders.OrderPlaced") != tt.counts {
			t.Errorf("counts %v: grounds %s", tt.counts, grounds)
		}
		if effect := x.Rules[0].Effect; strings.Contains(effect, "without the message type") == tt.counts {
			t.Errorf("counts %v: effect %q", tt.counts, effect)
		}
	}
}

func TestOnlyNamedFieldsOfABodyAreShown(t *testing.T) {
	d := newDriverWith(t, triage.Config{}, "OrderId")
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.queues["error"].messages[0].Body = []byte(`{"OrderId":40318,"Customer":{"Name":"Ada L."}}`)
	d.now = d.now.Add(time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", d.chat.said[0].Facts); !strings.Contains(text, "OrderId") || !strings.Contains(text, "40318") || strings.Contains(text, "Ada") {
		t.Errorf("facts: %s", text)
	}
}
