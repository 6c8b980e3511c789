package notify_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

func TestAClickIsDealtWithOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := delivery(&chat{})
		done, trouble := 0, errors.New("ledger is down")
		take := func() error {
			return d.Take(t.Context(), notify.Click{Key: "T|C|1.1|acknowledge|2.2|U"}, func(context.Context) error {
				done++
				return trouble
			})
		}
		if err := take(); !errors.Is(err, trouble) {
			t.Errorf("err = %v, want the trouble", err)
		}
		trouble = nil
		for range 3 {
			if err := take(); err != nil {
				t.Error(err)
			}
		}
		if done != 2 {
			t.Errorf("done %d times, want again after the trouble and then no more", done)
		}
		write(t, d, announcement("a")) // with which it is forgotten
		deliver(t, d)
		time.Sleep(31 * day)
		deliver(t, d)
		for e := range d.Ledger.List(t.Context(), "test/clicks") { //nolint:errcheck // the second value is the error
			t.Errorf("%s is remembered for ever", e.Key.Row)
		}
	})
}
