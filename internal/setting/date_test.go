package setting_test

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

func TestADateIsInclusiveAndUTC(t *testing.T) {
	var d setting.Date
	if d.Over(time.Now()) || !d.IsZero() || d.String() != "" {
		t.Error("no date is over, or is one")
	}
	if err := d.UnmarshalText([]byte("2026-12-31")); err != nil {
		t.Fatal(err)
	}
	if d.String() != "2026-12-31" {
		t.Errorf("String = %q", d)
	}
	rome := time.FixedZone("", 3600)
	if d.Over(time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)) || d.Over(time.Date(2027, 1, 1, 0, 30, 0, 0, rome)) {
		t.Error("over on its own day")
	}
	if !d.Over(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("not over on the next day")
	}
	for _, text := range []string{"", "31.12.2026", "2026-02-30", "2026-12-31T00:00:00Z"} {
		if d.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q was read as a date", text)
		}
	}
}

func TestAZoneIsNamedAndNeverNil(t *testing.T) {
	var z setting.Zone
	if z.Location() != time.UTC || z.String() != "UTC" {
		t.Error("the zero zone is not UTC")
	}
	for _, text := range []string{"", "Local", "Rome", "../../etc/passwd"} {
		if z.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q was read as a zone", text)
		}
	}
	if err := z.UnmarshalText([]byte("Europe/Rome")); err != nil || z.String() != "Europe/Rome" {
		t.Errorf("Europe/Rome = %v, %v", z, err)
	}
}
