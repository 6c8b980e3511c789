package outbox_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// Also of a notice that nobody has tried to send.
func TestHistorySaysWhenANoticeWasWritten(t *testing.T) {
	now := time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)
	l := &ledger.Memory{Now: func() time.Time { return now }}
	d := &outbox.Delivery{Ledger: l, Environment: "test", Log: slog.New(slog.DiscardHandler)}
	for _, key := range []string{"b", "a"} {
		if err := d.Write(t.Context(), notify.Notice{Key: key, Channel: "slack", To: "#bus", Act: notify.Post}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	all, err := d.History(t.Context(), func(notify.Notice) bool { return true })
	if err != nil || len(all) != 2 {
		t.Fatalf("%d notices, %v", len(all), err)
	}
	if all[0].Notice.Key != "b" || !all[0].Written.Equal(now.Add(-2*time.Minute)) || !all[1].Written.Equal(now.Add(-time.Minute)) {
		t.Errorf("%s was written at %s, %s at %s", all[0].Notice.Key, all[0].Written, all[1].Notice.Key, all[1].Written)
	}
}
