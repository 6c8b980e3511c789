package functions

import (
	"testing"
	"time"
)

func TestTimersAreDueByTheirSchedule(t *testing.T) {
	const from = "2026-11-24T13:54:18Z" // a Tuesday
	for _, tt := range []struct{ schedule, from, want string }{
		{"0 * * * * *", from, "2026-11-24T13:55:00Z"},
		{"*/20 * * * * *", from, "2026-11-24T13:54:20Z"},
		{"0 */2 * * * *", from, "2026-11-24T13:56:00Z"},
		{"*/2 * * * *", from, "2026-11-24T13:56:00Z"}, // five fields: no seconds
		{"0 0 0 1 1 *", from, "2027-01-01T00:00:00Z"},
		{"0 30 9 * * mon-fri", from, "2026-11-25T09:30:00Z"},
		{"0 30 9 * * Monday", from, "2026-11-30T09:30:00Z"},
		{"0 0 0 * * 0", from, "2026-11-29T00:00:00Z"},
		{"0 0 8-18/5 * * *", from, "2026-11-24T18:00:00Z"},
		{"0 50/3 * * * *", from, "2026-11-24T13:56:00Z"},
		{"5,10 54,55 13 * * *", from, "2026-11-24T13:55:05Z"},
		{"0 0 0 29 feb *", from, "2028-02-29T00:00:00Z"},
		{"0 0 0 13 * 5", from, "2027-08-13T00:00:00Z"}, // both must match
		{"0 0 0 31 * *", from, "2026-12-31T00:00:00Z"},
		{"00:05:00", from, "2026-11-24T13:59:18Z"},
		{"1.00:00:00", from, "2026-11-25T13:54:18Z"},
		{"0 * * * * *", "2026-11-24T13:55:00Z", "2026-11-24T13:56:00Z"},
		{"59 59 23 31 12 *", "2026-12-31T23:59:59.5Z", "2027-12-31T23:59:59Z"},
	} {
		t.Run(tt.schedule+" from "+tt.from, func(t *testing.T) {
			s, err := parseSchedule(tt.schedule)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.next(at).Format(time.RFC3339); got != tt.want {
				t.Errorf("next = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWrongSchedulesAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "every day", "* * * *", "* * * * * * *", "60 * * * * *", "* * 24 * * *", "* * * 0 * *", "* * * * 13 *",
		"* * * * * 7", "* * * * * mo", "*/0 * * * * *", "*/x * * * * *", "5-1 * * * * *", "1- * * * * *", ",", "0 0 0 30 2 *",
		"-1 * * * * *", "00:00:00", "24:00:00", "00:60:00", "00:00:NaN", "1:2", "+1:00:00",
	} {
		if got, err := parseSchedule(s); err == nil {
			t.Errorf("schedule %q was read as %v", s, got)
		}
	}
}

func TestOnlySchedulesOfAMinuteAndMoreAreMonitored(t *testing.T) {
	for s, want := range map[string]bool{
		"*/20 * * * * *": true, "0 * * * * *": false, "0,30 0 * * * *": true, "00:00:59": true, "00:01:00": false,
	} {
		p, err := parseSchedule(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := subMinute(p, time.Unix(0, 0).UTC()); got != want {
			t.Errorf("subMinute(%q) = %t, want %t", s, got, want)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"*/20 * * * * *", "0 30 9 * * mon-fri", "00:05:00", "0 0 0 29 2 */3"} {
		f.Add(s)
	}
	from := time.Date(2026, 11, 24, 13, 54, 18, 5, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSchedule(text)
		if err != nil {
			return
		}
		if at := s.next(from); !at.After(from) {
			t.Errorf("%q: next after %v is %v", text, from, at)
		}
	})
}
