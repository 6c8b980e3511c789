package outbox_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// pair is two channels that hear of each other's troubles.
func pair(slack, pager notify.Channel) *outbox.Delivery {
	d := delivery(slack)
	d.Channels["opsgenie"] = pager
	d.Fallback = func(at notify.Destination) (notify.Destination, bool) {
		if at.Channel == "slack" {
			return notify.Destination{Channel: "opsgenie"}, true
		}
		return notify.Destination{Channel: "slack", To: "#bus"}, true
	}
	return d
}

// passes delivers every two minutes for so long.
func passes(t *testing.T, d *outbox.Delivery, long time.Duration) {
	t.Helper()
	for range long / (2 * time.Minute) {
		_, _ = d.Deliver(t.Context())
		time.Sleep(2 * time.Minute)
	}
}

func always(err error) *chat {
	c := &chat{}
	for range 10_000 {
		c.fail = append(c.fail, err)
	}
	return c
}

func TestAPlaceThatTakesNoNoticesIsToldElsewhereOnce(t *testing.T) {
	told := map[string]string{} // by the alert's alias, which is that of one ledger
	for name, trouble := range map[string]error{
		"refused":   notify.ErrRejected,
		"no answer": notify.ErrUnknown,
		"later":     &notify.LaterError{Err: errors.New("connection refused")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, pager := always(trouble), &chat{}
				d := pair(c, pager)
				write(t, d, announcement("a"), announcement("b"))
				passes(t, d, 4*time.Hour)
				wantSaid(t, pager, "post destination/slack:#bus/1@opsgenie:")
				if n := pager.last; n.Alias == "" || n.Priority == "" || !strings.Contains(n.Headline.Plain(), "slack:#bus") {
					t.Errorf("told %+v", n)
				}
				if other, taken := told[pager.last.Alias]; taken {
					t.Errorf("%s and %s have one alert", other, name)
				}
				told[pager.last.Alias] = name
				c.fail = nil
				passes(t, d, 2*time.Hour)
				wantSaid(t, c, "post a", "post b")
				wantSaid(t, pager, "post destination/slack:#bus/1@opsgenie:", "close destination/slack:#bus/1@opsgenie:/end")
				// The next spell is told again.
				c.fail = always(trouble).fail
				write(t, d, announcement("c"))
				passes(t, d, 4*time.Hour)
				if len(pager.said) != 3 || pager.said[2] != "post destination/slack:#bus/2@opsgenie:" {
					t.Errorf("said %q", pager.said)
				}
			})
		})
	}
}

func TestTwoBrokenChannelsDoNotTellEachOtherForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := pair(always(notify.ErrRejected), always(notify.ErrRejected))
		d.Tries = 7
		page := announcement("p")
		page.Channel, page.To = "opsgenie", ""
		write(t, d, announcement("a"), page)
		passes(t, d, 48*time.Hour)
		if n := len(rows(t, d)); n != 4 { // the two, and that they are not heard
			t.Errorf("%d notices, want 4", n)
		}
	})
}

func TestWhatHealsInTimeIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, pager := &chat{fail: []error{notify.ErrRejected, notify.ErrRejected}}, &chat{}
		d := pair(c, pager)
		write(t, d, announcement("a"))
		passes(t, d, time.Hour)
		wantSaid(t, c, "post a")
		wantSaid(t, pager)
	})
}

// Over before it could be told: then nobody needs to know.
func TestATroubleThatIsOverIsNotToldAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, pager := always(notify.ErrRejected), always(&notify.LaterError{Err: errors.New("down too")})
		d := pair(c, pager)
		write(t, d, announcement("a"))
		passes(t, d, time.Hour)
		c.fail = nil
		passes(t, d, 2*time.Hour)
		pager.fail = nil
		passes(t, d, time.Hour)
		wantSaid(t, c, "post a")
		wantSaid(t, pager)
	})
}

func TestEachPassLogsWhatIsNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := pair(always(notify.ErrRejected), &chat{})
		d.Tries, d.Log = 2, slog.New(slog.NewTextHandler(&log, nil))
		write(t, d, announcement("a"))
		passes(t, d, 10*time.Minute)
		log.Reset()
		passes(t, d, 2*time.Minute)
		if got := log.String(); !strings.Contains(got, "destination unreachable") || !strings.Contains(got, "slack:#bus") || !strings.Contains(got, "rejected") {
			t.Errorf("log: %s", got)
		}
	})
}
