package setting_test

import (
	"errors"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

func TestWindowsContainTheirTimes(t *testing.T) {
	for _, tt := range []struct {
		windows string
		in, out []string // Monday is the 5th of January 2026
	}{
		{"Mon-Fri 08:00-20:00", []string{"5 08:00", "9 19:59"}, []string{"5 07:59", "5 20:00", "10 12:00"}},
		{"Mon-Fri 08:00-20:00, Sat 09:00-13:00", []string{"10 09:00", "6 10:00"}, []string{"10 13:00", "11 10:00"}},
		{"Fri 22:00-06:00", []string{"9 22:00", "10 05:59"}, []string{"9 05:00", "10 22:30", "10 06:00"}},
		{"Sun 22:00-06:00", []string{"12 05:00"}, []string{"5 21:00", "11 05:00"}},
		{"Sat-Mon 10:00-11:00", []string{"10 10:00", "11 10:00", "12 10:59"}, []string{"13 10:00"}},
		{"Sat", []string{"10 00:00", "10 23:59"}, []string{"9 23:59", "11 00:00"}},
		{"08:00-09:00", []string{"5 08:00", "11 08:30"}, []string{"5 09:00"}},
		{"mon 20:00-24:00", []string{"5 23:59"}, []string{"6 00:00"}},
		{"Monday 9:00-10:00", []string{"5 09:30"}, []string{"6 09:30"}},
	} {
		var w setting.Windows
		if err := w.UnmarshalText([]byte(tt.windows)); err != nil {
			t.Errorf("%q: %v", tt.windows, err)
			continue
		}
		for _, when := range tt.in {
			if !w.Contains(january(t, when)) {
				t.Errorf("%q does not contain %s January", tt.windows, when)
			}
		}
		for _, when := range tt.out {
			if w.Contains(january(t, when)) {
				t.Errorf("%q contains %s January", tt.windows, when)
			}
		}
	}
	if setting.Windows(nil).Contains(january(t, "5 08:00")) {
		t.Error("no windows contain something")
	}
}

func january(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(2026, 0, 0)
}

func TestAWrongWindowIsPointedAt(t *testing.T) {
	for _, tt := range []struct {
		windows string
		offset  int
		what    string
	}{
		{"", 0, "an empty window"},
		{"Mon 08:00-20:00, ", 17, "an empty window"},
		{"Mon-Fri 08:00-20:00, Sut 09:00-13:00", 21, `"Sut" is not a day`},
		{"Mon-Fry", 0, `"Fry" is not a day`},
		{"Mon 08:00", 0, `"08:00" has no end`},
		{"Mon 08:00-25:00", 0, `"25:00" is not a time of the day`},
		{"Mon 24:00-08:00", 0, `"24:00" is not a time of the day`},
		{"Mon 08:61-09:00", 0, `"08:61" is not a time of the day`},
		{"Mon 8-9", 0, `"8" is not a time of the day`},
		{"Mon 08:00-08:00", 0, `"08:00-08:00" is empty`},
		{"08:00-09:00 Mon", 0, `"08:00-09:00" is not a day`},
		{"Mon Tue 08:00-09:00", 0, `"Mon Tue 08:00-09:00" is not a window of days and hours`},
	} {
		var w setting.Windows
		err := w.UnmarshalText([]byte(tt.windows))
		got, ok := errors.AsType[*setting.Misread](err)
		if !ok || got.Offset != tt.offset || got.What != tt.what || got.Cure == "" {
			t.Errorf("%q: %+v, want %d %q and a cure", tt.windows, err, tt.offset, tt.what)
		}
	}
}

func FuzzWindows(f *testing.F) {
	for _, s := range []string{"Mon-Fri 08:00-20:00, Sat 09:00-13:00", "Sat", "22:00-06:00", ","} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var w setting.Windows
		if err := w.UnmarshalText([]byte(s)); err != nil {
			if m, ok := errors.AsType[*setting.Misread](err); !ok || m.Offset < 0 || m.Offset > len(s) {
				t.Errorf("%q: %+v", s, err)
			}
			return
		}
		w.Contains(time.Unix(0, 0))
	})
}
