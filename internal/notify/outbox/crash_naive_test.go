package outbox_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack"
)

// What the protocol is compared with: simpler ones, in the same world. Each
// delivers one notice as far as it gets before it dies.
var naive = []struct {
	name    string
	deliver func(*naiveProcess, context.Context, notify.Notice)
}{
	{"post, then record", func(p *naiveProcess, ctx context.Context, n notify.Notice) {
		if !p.noted(ctx, n) && p.post(ctx, n) && !p.dies() {
			p.note(ctx, n)
		}
	}},
	{"claim, then post", func(p *naiveProcess, ctx context.Context, n notify.Notice) {
		if p.note(ctx, n) && !p.dies() {
			p.post(ctx, n)
		}
	}},
	{"claim for a while, post again", func(p *naiveProcess, ctx context.Context, n notify.Notice) {
		if p.lease(ctx, n) && !p.dies() && p.post(ctx, n) && !p.dies() {
			p.done(ctx, n)
		}
	}},
}

func TestSimplerProtocolsLoseOrRepeat(t *testing.T) {
	onlyAtLength(t)
	for _, protocol := range naive {
		w := newCrashWorld(t, new(ledger.Memory), 1500)
		var pages []notify.Notice
		for _, n := range w.notices {
			if n.Act == notify.Post {
				pages = append(pages, n)
			}
		}
		var wg sync.WaitGroup
		for n := range crashSenders {
			wg.Go(func() {
				p := &naiveProcess{
					ledger:  w.ledger,
					channel: slack.New(slack.Config{Token: "xoxb-0000-demo-0000", BaseURL: w.url, Timeout: crashLease / 2}, nil),
					random:  rand.New(rand.NewPCG(uint64(n), 7)),
				}
				for range 3 { // redelivery
					for _, page := range pages {
						protocol.deliver(p, t.Context(), page)
					}
					time.Sleep(2 * naiveLease)
				}
			})
		}
		wg.Wait()
		var c tally
		said := w.said()
		for _, page := range pages {
			c.count(said[page.Key], "")
		}
		t.Logf("%-30s %3d notices: %3d lost, %3d posted twice", protocol.name, len(pages), c.lost, c.twice)
		if c.lost+c.twice == 0 {
			t.Errorf("%s: nothing went wrong, so that this world proves nothing", protocol.name)
		}
	}
}

// The history must not lag longer than is waited: that is the price, and
// this test shows that the harness would see it.
func TestAHistoryThatLagsTooLongRepeats(t *testing.T) {
	onlyAtLength(t)
	w := newCrashWorld(t, new(ledger.Memory), 300)
	w.slack.LagHistory(time.Minute)
	w.run(t)
	var c tally
	said := w.said()
	for _, n := range w.notices {
		if n.Act != notify.Update {
			c.count(said[n.Key], root(said, n.Page))
		}
	}
	t.Logf("%-30s %3d notices: %3d lost, %3d posted twice", "a history that lags too long", len(w.notices), c.lost, c.twice)
	if c.twice == 0 || c.lost > 0 {
		t.Errorf("%d lost, %d posted twice: want none lost and some twice", c.lost, c.twice)
	}
}

// onlyAtLength skips what is there for comparison.
func onlyAtLength(t *testing.T) {
	t.Helper()
	if os.Getenv("BUSBELL_CRASH") == "" {
		t.Skip("for comparison only: set BUSBELL_CRASH to a number of notices")
	}
}

const naiveLease = 200 * time.Millisecond

type naiveProcess struct {
	ledger  ledger.Ledger
	channel notify.Channel
	random  *rand.Rand
}

func (p *naiveProcess) dies() bool { return p.random.IntN(25) == 0 }

func (p *naiveProcess) post(ctx context.Context, n notify.Notice) bool {
	_, err := p.channel.Send(ctx, n, notify.Receipt{})
	return err == nil
}

func naiveKey(n notify.Notice) ledger.Key { return ledger.Key{Partition: "naive", Row: n.Key} }

func (p *naiveProcess) noted(ctx context.Context, n notify.Notice) bool {
	_, err := p.ledger.Get(ctx, naiveKey(n))
	return err == nil
}

func (p *naiveProcess) note(ctx context.Context, n notify.Notice) bool {
	_, err := p.ledger.Insert(ctx, ledger.Entry{Key: naiveKey(n)})
	return err == nil
}

// lease takes a notice that is nobody's, or whose time is over.
func (p *naiveProcess) lease(ctx context.Context, n notify.Notice) bool {
	due := time.Now().Add(naiveLease)
	if _, err := p.ledger.Insert(ctx, ledger.Entry{Key: naiveKey(n), Due: due}); !errors.Is(err, ledger.ErrExists) {
		return err == nil
	}
	e, err := p.ledger.Get(ctx, naiveKey(n))
	if err != nil || e.Due.IsZero() || e.Due.After(time.Now()) {
		return false
	}
	e.Due = due
	_, err = p.ledger.Update(ctx, e)
	return err == nil
}

func (p *naiveProcess) done(ctx context.Context, n notify.Notice) {
	if e, err := p.ledger.Get(ctx, naiveKey(n)); err == nil {
		e.Due = time.Time{}
		_, _ = p.ledger.Update(ctx, e)
	}
}
