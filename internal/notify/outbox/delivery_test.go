package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// chat is a channel that remembers what it was told and fails as it is asked.
type chat struct {
	said []string // act and key of what arrived
	last notify.Notice
	fail []error // for the next sends, in order; nil is success

	// acceptUnknown makes a send that fails with ErrUnknown arrive all the same.
	acceptUnknown bool
	findErr       error
	found         int
}

func (c *chat) Send(_ context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	var err error
	if len(c.fail) > 0 {
		err, c.fail = c.fail[0], c.fail[1:]
	}
	if n.Act != notify.Post && page.ID == "" && n.Alias == "" {
		return notify.Receipt{}, errors.New("no page given")
	}
	if err == nil || c.acceptUnknown && errors.Is(err, notify.ErrUnknown) {
		c.said, c.last = append(c.said, string(n.Act)+" "+n.Key), n
	}
	return notify.Receipt{Destination: "C1", ID: "ts of " + n.Key}, err
}

func (c *chat) Find(_ context.Context, n notify.Notice, _ notify.Receipt, _ time.Time) (notify.Receipt, bool, error) {
	c.found++
	there := slices.Contains(c.said, string(n.Act)+" "+n.Key)
	return notify.Receipt{Destination: "C1", ID: "ts of " + n.Key}, there, c.findErr
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func delivery(c notify.Channel) *outbox.Delivery {
	return &outbox.Delivery{
		Ledger: new(ledger.Memory), Environment: "test", Log: slog.New(slog.DiscardHandler),
		Channels: map[string]notify.Channel{"slack": c},
	}
}

func announcement(key string) notify.Notice {
	return notify.Notice{Key: key, Channel: "slack", To: "#bus", Act: notify.Post, Subject: key}
}

func revision(key, page string, version int64) notify.Notice {
	return notify.Notice{Key: key, Channel: "slack", To: "#bus", Act: notify.Update, Page: page, Subject: page, Version: version}
}

func write(t *testing.T, d *outbox.Delivery, notices ...notify.Notice) {
	t.Helper()
	if err := d.Write(t.Context(), notices...); err != nil {
		t.Fatal(err)
	}
}

func wantSaid(t *testing.T, c *chat, want ...string) {
	t.Helper()
	if !slices.Equal(c.said, want) {
		t.Errorf("said %q, want %q", c.said, want)
	}
}

func TestWhatWasSaidIsNotSaidAgain(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	for range 3 {
		write(t, d, announcement("a"))
		if _, err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantSaid(t, c, "post a")
}

func TestAnAnswerThatWasLostIsLookedUpBeforeSayingItAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		arrived bool
		want    []string
	}{
		{"it had arrived", true, []string{"post a"}},
		{"it had not", false, []string{"post a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &chat{fail: []error{notify.ErrUnknown}, acceptUnknown: tt.arrived}
				d := delivery(c)
				write(t, d, announcement("a"))
				_, err := d.Deliver(t.Context())
				if !errors.Is(err, notify.ErrUnknown) {
					t.Fatalf("first delivery: %v", err)
				}
				if _, err := d.Deliver(t.Context()); err != nil || c.found != 0 {
					t.Fatalf("asked %d times before the look-up delay was over: %v", c.found, err)
				}
				time.Sleep(31 * time.Second)
				if _, err := d.Deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
				wantSaid(t, c, tt.want...)
				if c.found != 1 {
					t.Errorf("looked up %d times, want 1", c.found)
				}
			})
		})
	}
}

func TestWhatCannotBeLookedUpIsNotSaidAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{notify.ErrUnknown}, acceptUnknown: true, findErr: errors.New("history is down")}
		d := delivery(c)
		write(t, d, announcement("a"))
		for range 3 {
			_, _ = d.Deliver(t.Context())
			time.Sleep(31 * time.Second)
		}
		c.findErr = nil
		time.Sleep(time.Minute)
		if _, err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantSaid(t, c, "post a")
	})
}

func TestARefusedNoticeIsTriedAgainLater(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		wait time.Duration
	}{
		{"rate limited", &notify.LaterError{After: 7 * time.Second, Err: errors.New("slow down")}, 7 * time.Second},
		{"not in the channel", notify.ErrRejected, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &chat{fail: []error{tt.err}}
				d := delivery(c)
				write(t, d, announcement("a"))
				if _, err := d.Deliver(t.Context()); err == nil {
					t.Fatal("the refusal was not reported")
				}
				time.Sleep(tt.wait - time.Millisecond)
				_, _ = d.Deliver(t.Context())
				wantSaid(t, c)
				time.Sleep(time.Millisecond)
				_, _ = d.Deliver(t.Context())
				wantSaid(t, c, "post a")
			})
		})
	}
}

func TestABusyChannelIsLeftAlone(t *testing.T) {
	c := &chat{fail: []error{&notify.LaterError{Err: errors.New("429")}}}
	d := delivery(c)
	write(t, d, announcement("a"), announcement("b"), announcement("c"))
	out, _ := d.Deliver(t.Context())
	wantSaid(t, c)
	if out.Left != 3 {
		t.Errorf("left %d, want 3", out.Left)
	}
}

func TestABrokenChannelHoldsUpNobodyElse(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	broken := announcement("p")
	broken.Channel = "pager"
	write(t, d, broken, announcement("a"))
	if _, err := d.Deliver(t.Context()); err == nil {
		t.Error("the missing channel was not reported")
	}
	wantSaid(t, c, "post a")
}

func TestAnOvertakenPageIsNotCreated(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	d.Obsolete = func(context.Context, notify.Notice) (bool, error) { return true, nil }
	write(t, d, announcement("a"), revision("a2", "a", 2))
	for range 2 {
		if _, err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantSaid(t, c)
}

func TestAnAlertOfUnknownOutcomeIsEndedAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{notify.ErrUnknown}}
		d := delivery(c)
		over := false
		d.Obsolete = func(context.Context, notify.Notice) (bool, error) { return over, nil }
		write(t, d, announcement("a"))
		_, _ = d.Deliver(t.Context())
		over = true
		end := notify.Notice{Key: "a end", Channel: "slack", Act: notify.Close, Page: "a", Alias: "a"}
		write(t, d, end)
		for range 2 {
			time.Sleep(31 * time.Second)
			if _, err := d.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		wantSaid(t, c, "close a end")
	})
}

func TestOnlyTheNewestFaceIsShown(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	write(t, d, announcement("a"), revision("a2", "a", 2), revision("a3", "a", 3))
	for range 2 {
		if _, err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantSaid(t, c, "post a", "update a3")
}

func TestACrashedSenderIsWaitedForAndLookedUp(t *testing.T) {
	for step, want := range map[string]int{"claimed": 1, "sent": 1, "recorded": 0} {
		synctest.Test(t, func(t *testing.T) {
			c := &chat{}
			d := delivery(c)
			write(t, d, announcement("a"))
			undo := between(d, func(at string) {
				if at == step {
					runtime.Goexit()
				}
			})
			_, _ = d.Deliver(t.Context())
			undo()
			time.Sleep(90*time.Second - time.Millisecond) // the lease, in which it may still have been sent, and the look-up delay
			deliver(t, d)
			if c.found != 0 {
				t.Errorf("%s: looked up too early", step)
			}
			time.Sleep(time.Millisecond)
			deliver(t, d)
			wantSaid(t, c, "post a")
			if c.found != want {
				t.Errorf("%s: looked up %d times, want %d", step, c.found, want)
			}
		})
	}
}

// endless is a channel whose calls end only with their context.
type endless struct{ took []time.Duration }

func (e *endless) Send(ctx context.Context, _ notify.Notice, _ notify.Receipt) (notify.Receipt, error) {
	return notify.Receipt{}, e.wait(ctx)
}

func (e *endless) Find(ctx context.Context, _ notify.Notice, _ notify.Receipt, _ time.Time) (notify.Receipt, bool, error) {
	return notify.Receipt{}, false, e.wait(ctx)
}

func (e *endless) wait(ctx context.Context) error {
	begun := time.Now()
	<-ctx.Done()
	e.took = append(e.took, time.Since(begun))
	return ctx.Err()
}

func TestNoCallOutlastsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &endless{}
		d := delivery(c)
		write(t, d, announcement("a"))
		for range 3 {
			_, _ = d.Deliver(t.Context())
			time.Sleep(2 * time.Minute)
		}
		if want := []time.Duration{30 * time.Second, 30 * time.Second, 30 * time.Second}; !slices.Equal(c.took, want) {
			t.Errorf("calls took %s, want %s", c.took, want)
		}
	})
}

func TestOldestSaysHowLongSomethingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{notify.ErrUnknown}}
		d := delivery(c)
		begun := time.Now().UTC()
		if out := deliver(t, d); !out.Oldest.IsZero() {
			t.Errorf("nothing is to be said, oldest %s", out.Oldest)
		}
		write(t, d, announcement("a"))
		if out, _ := d.Deliver(t.Context()); !out.Oldest.Equal(begun) {
			t.Errorf("oldest %s, want %s", out.Oldest, begun)
		}
		time.Sleep(time.Second) // it is not due, and yet unsaid
		if out := deliver(t, d); !out.Oldest.Equal(begun) {
			t.Errorf("oldest %s, want %s", out.Oldest, begun)
		}
		time.Sleep(time.Minute)
		if out := deliver(t, d); !out.Oldest.IsZero() {
			t.Errorf("all is said, oldest %s", out.Oldest)
		}
	})
}

func TestAnUnreachableChannelCostsNoNoticeItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		d.Tries = 3
		for range 1000 {
			c.fail = append(c.fail, &notify.LaterError{Err: errors.New("connection refused")})
		}
		write(t, d, announcement("a"))
		for range 1001 {
			_, _ = d.Deliver(t.Context())
			time.Sleep(2 * time.Minute)
		}
		wantSaid(t, c, "post a")
	})
}

func TestTheSameTroubleIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		for range 10 {
			c.fail = append(c.fail, &notify.LaterError{Err: errors.New("connection refused"), After: time.Second})
		}
		d.Wait = 20 * time.Second
		write(t, d, announcement("a"))
		_, err := d.Deliver(t.Context())
		if left := len(c.fail); err == nil || left > 8 || strings.Count(err.Error(), "connection refused") != 1 {
			t.Errorf("after %d tries: %v", 10-left, err)
		}
	})
}

func TestManyDeliveriesAtOnceSayItOnce(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	write(t, d, announcement("a"))
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			_, err := d.Deliver(t.Context())
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	wantSaid(t, c, "post a")
}

func TestSayDeliversAtOnce(t *testing.T) {
	c := &chat{fail: []error{notify.ErrUnknown}}
	d := delivery(c)
	for _, key := range []string{"a", "b"} {
		if err := d.Send(t.Context(), announcement(key)); err != nil {
			t.Error(err)
		}
	}
	wantSaid(t, c, "post b")
}
