package outbox_test

import (
	"context"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/slack"
)

// A side is one of two Busbells that share a Slack app and a channel.
type side struct {
	environment string
	ledger      *ledger.Memory
	dies        string // the step after which its first process dies
}

// process is a new process of a side.
func (s side) process(url string) *outbox.Delivery {
	return &outbox.Delivery{
		Ledger: s.ledger, Environment: s.environment, Log: silent,
		Channels: map[string]notify.Channel{"slack": slack.New(slack.Config{Token: "xoxb-0000-demo-0000", BaseURL: url}, nil)},
		Now:      s.ledger.Now,
	}
}

// Both have the same to say, and both are killed before they noted that they
// said it: each looks for its own message, and for no other.
func TestWhoSharesASlackAppLeavesTheOthersMessagesAlone(t *testing.T) {
	one, another := new(ledger.Memory), new(ledger.Memory)
	for name, sides := range map[string][2]side{
		"two environments, both killed after posting": {{"staging", one, "sent"}, {"production", one, "sent"}},
		"two environments, one killed before posting": {{"staging", another, "sent"}, {"production", another, "claimed"}},
		"two ledgers, both killed after posting":      {{"production", new(ledger.Memory), "sent"}, {"production", new(ledger.Memory), "sent"}},
		"two ledgers, one killed before posting":      {{"production", new(ledger.Memory), "sent"}, {"production", new(ledger.Memory), "claimed"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := emulator.New(emulator.Config{Channels: []string{"bus-errors"}, Strict: true})
			at := httptest.NewServer(s)
			defer at.Close()
			page := notify.Notice{
				Key: "incident/f00/1@slack:#bus-errors", Channel: "slack", To: "#bus-errors", Act: notify.Post, Reason: "first seen",
				Subject: "incident/f00/1", Version: 1, Headline: notify.Text{notify.Ours("3 failed")},
			}
			for _, side := range sides {
				killed(t, side, at.URL, page)
			}
			for _, side := range sides {
				side.ledger.Now = func() time.Time { return time.Now().Add(5 * time.Minute) }
				if out, err := side.process(at.URL).Deliver(t.Context()); err != nil || out.Sent != 1 {
					t.Errorf("%s: %+v, %v", side.environment, out, err)
				}
			}
			roots := s.Snapshot().Channel("bus-errors").Roots()
			if len(roots) != 2 || roots[0].ClientMsgID == roots[1].ClientMsgID {
				t.Fatalf("%d messages, want one of each: %+v", len(roots), roots)
			}
			shown := map[string]bool{}
			for _, side := range sides {
				accounts, err := side.process(at.URL).History(t.Context(), func(notify.Notice) bool { return true })
				if err != nil || len(accounts) != 1 {
					t.Fatal(accounts, err)
				}
				shown[accounts[0].Receipt.ID] = true
			}
			if !shown[roots[0].TS] || !shown[roots[1].TS] {
				t.Errorf("the messages %s and %s are remembered as %v", roots[0].TS, roots[1].TS, shown)
			}
		})
	}
}

// killed writes a notice and delivers it in a process that dies.
func killed(t *testing.T, s side, url string, n notify.Notice) {
	t.Helper()
	d := s.process(url)
	if err := d.Write(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	between(d, func(step string) {
		if step == s.dies {
			runtime.Goexit()
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = d.Deliver(context.WithoutCancel(t.Context()))
	}()
	<-done
}

// Instances that start at once agree, and so does every later one.
func TestALedgerHasOneIDForEachEnvironment(t *testing.T) {
	l := new(ledger.Memory)
	ids := make(chan string, 20)
	for i := range cap(ids) {
		go func() {
			o, err := process(l, []string{"staging", "production"}[i%2]).Origin(t.Context())
			if err != nil {
				t.Error(err)
			}
			ids <- o.Environment + "|" + o.Ledger
		}()
	}
	seen := map[string]bool{}
	for range cap(ids) {
		seen[<-ids] = true
	}
	if len(seen) != 2 {
		t.Errorf("ids: %v, want one for each environment", seen)
	}
	later, err := process(l, "production").Origin(t.Context())
	if err != nil || !seen["production|"+later.Ledger] {
		t.Errorf("later: %v, %v, before: %v", later, err, seen)
	}
	if other, err := process(new(ledger.Memory), "production").Origin(t.Context()); err != nil || other == later {
		t.Errorf("another ledger: %v, %v", other, err)
	}
}

func process(l ledger.Ledger, environment string) *outbox.Delivery {
	return &outbox.Delivery{Ledger: l, Environment: environment, Log: silent}
}

// A row that somebody spoilt must not silence everything.
func TestAnUnreadableIDIsMadeAnew(t *testing.T) {
	for _, spoilt := range []string{"", "{", `"A"`, `{"v":1}`, `{"v":0,"id":"` + strings.Repeat("A", 26) + `"}`} {
		l := new(ledger.Memory)
		first, err := process(l, "production").Origin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for e, err := range l.List(t.Context(), "production/origin") {
			if err != nil {
				t.Fatal(err)
			}
			rows++
			e.Value = []byte(spoilt)
			if _, err := l.Update(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		d := process(l, "production")
		second, err := d.Origin(t.Context())
		if err != nil || rows != 1 || second.Ledger == "" || second == first {
			t.Errorf("%q: %v after %v, %v, %d rows", spoilt, second, first, err, rows)
		}
		if third, err := process(l, "production").Origin(t.Context()); err != nil || third != second {
			t.Errorf("%q: %v, then %v, %v", spoilt, second, third, err)
		}
	}
}

// Without its ledger a Busbell does not know whose messages are its own, and
// asks again until it does.
func TestAnIDThatCannotBeReadIsAskedForAgain(t *testing.T) {
	l := &down{Ledger: new(ledger.Memory), is: true}
	d := process(l, "production")
	if _, err := d.Origin(t.Context()); err == nil {
		t.Error("no error without a ledger")
	}
	l.is = false
	o, err := d.Origin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.is = true
	if again, err := d.Origin(t.Context()); err != nil || again != o {
		t.Errorf("read again: %v, %v", again, err)
	}
}

// down is a ledger that may be out of reach.
type down struct {
	ledger.Ledger
	is bool
}

func (d *down) Get(ctx context.Context, key ledger.Key) (ledger.Entry, error) {
	if d.is {
		return ledger.Entry{}, errLost
	}
	return d.Ledger.Get(ctx, key)
}
