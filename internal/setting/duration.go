package setting

import (
	"strconv"
	"strings"
	"time"
)

// A Duration is a time.Duration written as in Go, and with days: "90s", "2h30m",
// "30d", "1d12h". It is never negative.
type Duration time.Duration

const (
	day         = 24 * time.Hour
	longestDays = 100 * 365
)

const durationCure = `write it like "90s", "2h30m" or "30d"`

// UnmarshalText parses a duration. Its error is a *[Misread].
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	days, rest, hasDays := strings.Cut(s, "d")
	if !hasDays {
		days, rest = "", s
	}
	var sum time.Duration
	if hasDays {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || strings.ContainsAny(days, "eEpPxX_") {
			return &Misread{What: quoted(s) + " is not a duration", Cure: durationCure}
		}
		if n < 0 || n > longestDays {
			return &Misread{What: quoted(s) + " is out of range", Cure: "durations go from 0 to 36500d"}
		}
		sum = time.Duration(n * float64(day))
	}
	if rest != "" || !hasDays {
		part, err := time.ParseDuration(rest)
		if err != nil || hasDays && strings.ContainsAny(rest[:1], "+-") {
			return &Misread{What: quoted(s) + " is not a duration", Cure: durationCure}
		}
		sum += part
	}
	if sum < 0 || sum > longestDays*day {
		return &Misread{What: quoted(s) + " is out of range", Cure: "durations go from 0 to 36500d"}
	}
	*d = Duration(sum)
	return nil
}

// Std is the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes whole days as days: "30d", "1d12h", "90s" is "1m30s".
func (d Duration) String() string {
	days, rest := time.Duration(d)/day, time.Duration(d)%day
	if days == 0 {
		return short(rest)
	}
	s := strconv.FormatInt(int64(days), 10) + "d"
	if rest != 0 {
		s += short(rest)
	}
	return s
}

// short is Go's format without zero parts: "4h" and not "4h0m0s".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// quoted is the text that was written, quoted and cut.
func quoted(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
