package rebus

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/message"
)

func TestTimesOfAnyCultureAreRead(t *testing.T) {
	afternoon := time.Date(2026, 11, 24, 13, 42, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, stamp string
		enqueued    time.Time
		want        time.Time // zero: not readable
	}{
		{"en-US", "11/24/2026 2:41:30\u202fPM +01:00", afternoon, afternoon.Add(-30 * time.Second)},
		{"en-US, older ICU", "11/24/2026 2:41:30 PM +01:00", afternoon, afternoon.Add(-30 * time.Second)},
		{"en-US, New York", "11/24/2026 8:42:00\u202fAM -05:00", afternoon, afternoon},
		{"en-IN", "24/11/2026 7:12:00\u202fpm +05:30", afternoon, afternoon},
		{"en-GB", "24/11/2026 14:42:00 +01:00", afternoon, afternoon},
		{"invariant", "11/24/2026 13:42:00 +00:00", afternoon, afternoon},
		{"bg-BG", "24.11.2026\u202fг. 14:42:00 ч. +01:00", afternoon, afternoon},
		{"th-TH", "24/11/2569 14:42:00 +01:00", afternoon, afternoon},
		{"da-DK", "24.11.2026 14.42.00 +01:00", afternoon, afternoon},
		{"sv-SE", "2026-11-24 14:42:00 +01:00", afternoon, afternoon},
		{"fr-CA", "2026-11-24 14 h 42 min 00 s +01:00", afternoon, afternoon},
		{"fr-CA in the morning", "2026-11-24 09 h 42 min 00 s +01:00", afternoon.Add(-5 * time.Hour), afternoon.Add(-5 * time.Hour)},
		{"hu-HU", "2026. 11. 24. 14:42:00 +01:00", afternoon, afternoon},
		{"ko-KR", "2026. 11. 24. 오후 2:42:00 +01:00", afternoon, afternoon},
		{"zh-TW", "2026/11/24 下午2:42:00 +01:00", afternoon, afternoon},
		{"el-GR", "24/11/2026 2:42:00\u202fμ.μ. +01:00", afternoon, afternoon},
		{"fa-IR", "1405/9/3 14:42:46 +01:00", afternoon, time.Time{}},
		{"ar-SA", "14\u200f\u200f/6\u200f\u200f/1448 بعد الهجرة 2:42:43 م +01:00", afternoon, time.Time{}},
		{"es-MX", "24/11/2026 02:42:00 p.\u00a0m. +01:00", afternoon, afternoon},
		{"en-CA", "2026-11-24 2:42:00 p.m. +01:00", afternoon, afternoon},
		{"am-ET", "24/11/2026 2:42:00 ከሰዓት +01:00", afternoon, afternoon},
		{"hr-HR", "24. 11. 2026. 14:42:00 +01:00", afternoon, afternoon},
		{"two digits of the year", "24/11/26 14:42:00 +01:00", afternoon, afternoon},
		{"two digits of the year first", "26/11/24 14:42:00 +01:00", afternoon, afternoon},
		{"two digits of a year, far from now", "24/11/26 14:42:00 +01:00", afternoon.AddDate(0, 1, 0), time.Time{}},
		{"ja-JP, by the emperor's years", "令和8/11/24 14:42:00 +01:00", afternoon, time.Time{}},
		{"zh-TW, by the republic's years", "115/11/24 14:42:00 +08:00", afternoon, time.Time{}},
		{"half an hour and a quarter", "2026-11-24 19:27:00 +05:45", afternoon, afternoon},
		{"day and month swapped", "05/04/2026 09:12:43 +01:00", time.Date(2026, 4, 5, 8, 12, 46, 0, time.UTC), time.Date(2026, 4, 5, 8, 12, 43, 0, time.UTC)},
		{"and the other way", "05/04/2026 09:12:43 +01:00", time.Date(2026, 5, 4, 8, 12, 46, 0, time.UTC), time.Date(2026, 5, 4, 8, 12, 43, 0, time.UTC)},
		{"midnight", "11/24/2026 12:00:01 AM +00:00", afternoon, time.Date(2026, 11, 24, 0, 0, 1, 0, time.UTC)},
		{"noon", "11/24/2026 12:00:01 PM +00:00", afternoon, time.Date(2026, 11, 24, 12, 0, 1, 0, time.UTC)},
		{"bez-TZ, whose word for pm has am in it", "24/11/2026 4:42:00 pamunyi +03:00", afternoon, afternoon},
		{"no time", "5 +01:00", afternoon, time.Time{}},
		{"nothing", "", afternoon, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message.Message{EnqueuedAt: tt.enqueued}
			if got := Time(tt.stamp, m.Window(tt.enqueued)); !got.Equal(tt.want) {
				t.Errorf("Time = %v, want %v", got, tt.want)
			}
			if tt.stamp == "" {
				return
			}
			stamp, rest, ok := cutTime(tt.stamp + ": System.Exception: boom")
			if !ok || stamp != tt.stamp || rest != "System.Exception: boom" {
				t.Errorf("cutTime = %q, %q, %v", stamp, rest, ok)
			}
		})
	}
}
