package e2e

import (
	"context"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	notifyopsgenie "github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/notify/outbox"
	notifyslack "github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A driver runs passes directly, with the real channels over real sockets and
// with a clock that a test puts forward: what waits half a minute for a look-up
// in Slack takes no time here. Failed messages are in memory.
type driver struct {
	*world
	*errorqueue.Watch
	ledger  *ledger.Memory
	timeout time.Duration // of one call
	queue   memoryQueue
}

func newDriver(t *testing.T) *driver {
	t.Helper()
	d := &driver{world: newWorld(t), timeout: 5 * time.Second}
	d.t, d.ledger = t, &ledger.Memory{Now: d.clock.now}
	rules, err := triage.NewRules(triage.Config{Page: []triage.PageRule{{When: "true", Priority: "P2"}}})
	if err != nil {
		t.Fatal(err)
	}
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(d.log, nil))
	d.Watch = &errorqueue.Watch{
		Tracker: lifecycle.Tracker{
			Deployment: notice.Deployment{Environment: "e2e"},
			Incidents:  incident.Store{Ledger: d.ledger, Environment: "e2e", Now: d.clock.now},
			Pager:      incident.Target{Channel: "opsgenie"},
			Log:        log, Now: d.clock.now,
		},
		Triage:  triage.Triage{Reader: failure.NewReader(failure.Config{}), Masker: masker, Rules: rules},
		Sources: []source.Source{{Queue: "error"}},
		Open:    func(source.Source) source.Peeker { return &d.queue },
		Chat:    incident.Target{Channel: "slack", To: "#bus-errors"},
	}
	d.nextInstance()
	t.Cleanup(d.checkRows)
	return d
}

// nextInstance forgets all that is not in the ledger, as a restart does.
func (d *driver) nextInstance() {
	incidents := d.Incidents
	defer func() {
		d.Journal = &incident.Journal{Ledger: d.ledger, Environment: "e2e", Records: incidents, Delivery: d.Delivery, Log: d.Log}
	}()
	d.Delivery = &outbox.Delivery{
		Ledger: d.ledger, Environment: "e2e", Log: d.Log, Now: d.clock.now,
		Channels: map[string]notify.Channel{
			"slack":    notifyslack.New(notifyslack.Config{Token: slackToken, BaseURL: d.chat, Timeout: d.timeout}, nil),
			"opsgenie": notifyopsgenie.New(notifyopsgenie.Config{Key: setting.Secret(opsgenieKey), BaseURL: d.chat, Timeout: d.timeout}, nil),
		},
		Obsolete: func(ctx context.Context, n notify.Notice) (bool, error) {
			if n.Channel != "opsgenie" {
				return false, nil
			}
			return incidents.IsOver(ctx, n.Subject)
		},
	}
}

// workspace puts a Slack with these channels in the place of the one before.
func (d *driver) workspace(channels ...string) {
	d.slack = slack.New(slack.Config{Token: slackToken, Channels: channels, Strict: true, Now: d.clock.now})
	d.recorder.swap(board.New(d.slack, d.pager))
}

// pass makes one pass, which succeeds, and delivers what is due: all that is
// owed is in the ledger.
func (d *driver) pass() outbox.Outcome {
	d.t.Helper()
	p, err := d.Run(bounded(d.t))
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := p.Due.Deliver(bounded(d.t))
	if err != nil {
		d.Log.WarnContext(d.t.Context(), "notices wait for the next pass", "err", err)
	}
	return out
}

// fail adds failures of one kind to the queue.
func (d *driver) fail(times int) {
	d.leaks = append(d.leaks, refund.secrets...)
	m := order.read(d.t)
	secret := refund.read(d.t)
	details := m.Text("rbs2-error-details")
	details = strings.ReplaceAll(details, "order 40318", "anna.rossi@example.com api_key=not-a-real-key-0123456789")
	m.Properties["rbs2-error-details"], m.Body = details, secret.Body
	d.queue.add(m, times)
}

// checkRows looks for secrets in everything the ledger holds.
func (d *driver) checkRows() {
	ctx := context.Background() // the test's own has ended
	rows := 0
	for _, partition := range []string{"e2e/incidents", "e2e/notices"} {
		for e, err := range d.ledger.List(ctx, partition) {
			if err != nil {
				d.t.Fatal(err)
			}
			rows++
			row := e.Key.Row + " " + string(e.Value)
			for _, leak := range append([]string{slackToken, opsgenieKey}, d.leaks...) {
				if strings.Contains(row, leak) {
					d.t.Errorf("the ledger holds %q: %s", leak, row)
				}
			}
		}
	}
	if rows == 0 {
		d.t.Error("no rows in the ledger: are these its partitions?")
	}
}

// A memoryQueue is a source in memory.
type memoryQueue struct {
	mu       sync.Mutex
	messages []message.Message
	last     int64
}

func (q *memoryQueue) Peek(_ context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		q.mu.Lock()
		defer q.mu.Unlock()
		for _, m := range q.messages {
			if m.SequenceNumber >= from && !yield(m, nil) {
				return
			}
		}
	}
}

func (q *memoryQueue) add(m message.Message, times int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for range times {
		q.last++
		m.SequenceNumber = q.last
		q.messages = append(q.messages, m)
	}
}

func (q *memoryQueue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = nil
}

// wantAlerts checks how many alerts there ever were, and that they are open.
func wantAlerts(t *testing.T, w *world, want int) []opsgenie.Alert {
	t.Helper()
	alerts := w.pager.Snapshot().Alerts
	if len(alerts) != want || len(w.pager.Snapshot().Open()) != want {
		t.Errorf("%d alerts, %d of them open, want %d open ones", len(alerts), len(w.pager.Snapshot().Open()), want)
	}
	return alerts
}
