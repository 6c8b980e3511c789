package setting_test

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

func TestDurationsAreGosAndDays(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
		back string
	}{
		{"0", 0, "0s"},
		{"90s", 90 * time.Second, "1m30s"},
		{"4h", 4 * time.Hour, "4h"},
		{"2h30m", 150 * time.Minute, "2h30m"},
		{"30d", 720 * time.Hour, "30d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"1.5d", 36 * time.Hour, "1d12h"},
		{"500ms", 500 * time.Millisecond, "500ms"},
		{"36500d", 36500 * 24 * time.Hour, "36500d"},
	} {
		var d setting.Duration
		if err := d.UnmarshalText([]byte(tt.text)); err != nil {
			t.Errorf("%q: %v", tt.text, err)
		}
		if d.Std() != tt.want || d.String() != tt.back {
			t.Errorf("%q = %v, written %q; want %v, %q", tt.text, d.Std(), d, tt.want, tt.back)
		}
	}
}

func TestWhatIsNoDurationSaysHowToWriteOne(t *testing.T) {
	for _, text := range []string{
		"", "4", "4 hours", "-1h", "-1d", "1d-12h", "1d+1h", "d", "1dd", "1h1d", "1e3d", "0x1d", "NaNd", "infd", "36501d", "36500d1h", "99999999999999999999h",
	} {
		var d setting.Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, d)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"1d12h", "4h", "0.5d", "-3d", "1d-1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d, again setting.Duration
		if d.UnmarshalText([]byte(s)) != nil {
			return
		}
		if d < 0 {
			t.Errorf("%q = %v, less than nothing", s, d)
		}
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%q = %v, read again as %v, %v", s, d, again, err)
		}
	})
}
