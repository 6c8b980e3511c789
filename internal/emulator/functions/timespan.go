package functions

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseTimeSpan reads a .NET TimeSpan as host.json writes it: hh:mm:ss with
// an optional fraction, optionally preceded by days and a dot.
func parseTimeSpan(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no time span of the form hh:mm:ss", s)
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, bad
	}
	days, hours, dotted := strings.Cut(parts[0], ".")
	if !dotted {
		days, hours = "0", parts[0]
	}
	d, errDays := strconv.ParseUint(days, 10, 16)
	h, errHours := strconv.ParseUint(hours, 10, 8)
	m, errMinutes := strconv.ParseUint(parts[1], 10, 8)
	sec, errSeconds := strconv.ParseFloat(parts[2], 64)
	for _, err := range []error{errDays, errHours, errMinutes, errSeconds} {
		if err != nil {
			return 0, bad
		}
	}
	if h > 23 || m > 59 || !(sec >= 0 && sec < 60) {
		return 0, bad
	}
	return time.Duration(d)*24*time.Hour + time.Duration(h)*time.Hour +
		time.Duration(m)*time.Minute + time.Duration(sec*float64(time.Second)), nil
}
