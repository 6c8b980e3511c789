package message_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

func TestOnlyTimesOfOurYearsAreBelieved(t *testing.T) {
	for _, tt := range []struct {
		at   time.Time
		want bool
	}{
		{time.Time{}, false},
		{time.Unix(0, 0), false},
		{time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), false},
		{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{time.Date(2000, 1, 1, 0, 0, 0, 0, time.FixedZone("", 60*60)), false},
		{time.Date(2026, 4, 17, 10, 34, 2, 0, time.FixedZone("", 2*60*60)), true},
		{time.Date(2199, 12, 31, 23, 59, 59, 0, time.UTC), true},
		{time.Date(2199, 12, 31, 23, 59, 59, 0, time.FixedZone("", -60*60)), false},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -5*60*60)), false},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 5*60*60)), false},
		{time.UnixMilli(1e15), false},
		{time.UnixMilli(-1 << 63), false},
		{time.UnixMilli(1<<63 - 1), false},
	} {
		got := message.Moment(tt.at)
		if got.Equal(tt.at) != (tt.want || tt.at.IsZero()) || got.IsZero() == tt.want || got.Location() != time.UTC {
			t.Errorf("Moment(%v) = %v", tt.at, got)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Error(err)
		}
	}
}

func TestAMessageExpiresAtATimeThatCanBe(t *testing.T) {
	at := time.Date(2026, 4, 17, 8, 34, 2, 0, time.UTC)
	for _, tt := range []struct {
		enqueued time.Time
		live     time.Duration
		want     time.Time
	}{
		{at, time.Hour, at.Add(time.Hour)},
		{at, 0, time.Time{}},
		{at, -time.Hour, time.Time{}},
		{at, 1<<63 - 1, time.Time{}}, // 292 years
		{time.Time{}, time.Hour, time.Time{}},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), 1<<63 - 1, time.Time{}},
	} {
		m := message.Message{EnqueuedAt: tt.enqueued, TimeToLive: tt.live}
		if got := m.Expires(); !got.Equal(tt.want) {
			t.Errorf("enqueued at %v, it lives for %v and expires at %v; want %v", tt.enqueued, tt.live, got, tt.want)
		}
	}
}

func TestAFileBearsOddDates(t *testing.T) {
	for _, enqueued := range []string{"9999-12-31T23:59:59.9999999-05:00", "0000-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"} {
		for _, property := range []string{"1000000000000000", "-1000000000000000", `"9999-12-31T23:59:59.999-05:00"`, `"0000-01-01T00:00:00+05:00"`, `"2026-04-17T08:34:02.417Z"`} {
			f, err := messagefile.Decode(fmt.Appendf(nil, `{"message": {"enqueuedTime": %q, "timeToLive": "2562047h", "applicationProperties": {"at": {"type": "datetime", "value": %s}}}}`, enqueued, property))
			if err != nil || !f.Message.EnqueuedAt.IsZero() {
				t.Errorf("%s: enqueued at %v, %v", enqueued, f.Message.EnqueuedAt, err)
			}
			out, err := f.Encode()
			if err != nil {
				t.Errorf("%s, %s: %v", enqueued, property, err)
				continue
			}
			if again, err := messagefile.Decode(out); err != nil || !cmp.Equal(f, again) {
				t.Errorf("%s, %s: changed by writing and reading, %v:\n%s", enqueued, property, err, cmp.Diff(f, again))
			}
		}
	}
}
