package atom

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ForEver is how the service writes a duration without end.
const ForEver = "P10675199DT2H48M5.4775807S"

// ParseDuration reads an ISO 8601 duration of days, hours, minutes and
// seconds. One that is too long for Go is the longest that is not.
func ParseDuration(s string) (time.Duration, error) {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, fmt.Errorf("duration %q: need ISO 8601, such as PT1M30S or P14D", s)
	}
	units := map[byte]float64{'D': 86400}
	total := 0.0
	for rest != "" {
		if after, ok := strings.CutPrefix(rest, "T"); ok {
			rest, units = after, map[byte]float64{'H': 3600, 'M': 60, 'S': 1}
			continue
		}
		n := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if n <= 0 || units[rest[n]] == 0 {
			return 0, fmt.Errorf("duration %q: need ISO 8601, such as PT1M30S or P14D", s)
		}
		v, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return 0, fmt.Errorf("duration %q: %w", s, err)
		}
		total += v * units[rest[n]]
		delete(units, rest[n])
		rest = rest[n+1:]
	}
	if total >= math.MaxInt64/1e9 {
		return math.MaxInt64, nil
	}
	return time.Duration(math.Round(total*1e6)) * time.Microsecond, nil
}

// FormatDuration writes a duration in ISO 8601; zero is for ever.
func FormatDuration(d time.Duration) string {
	if d <= 0 {
		return ForEver
	}
	var b strings.Builder
	b.WriteString("P")
	if days := d / (24 * time.Hour); days > 0 {
		fmt.Fprintf(&b, "%dD", days)
		d %= 24 * time.Hour
	}
	if d > 0 {
		b.WriteString("T")
	}
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "H"}, {time.Minute, "M"}} {
		if n := d / u.unit; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d %= u.unit
		}
	}
	if d > 0 {
		b.WriteString(strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S")
	}
	return b.String()
}
