package setting

import (
	"strconv"
	"strings"
	"time"
)

// Windows are times of the week, written as a list such as
// "Mon-Fri 08:00-20:00, Sat 09:00-13:00". A window whose end is before its start
// ends on the next day. Days without hours are whole days; hours without days
// apply to every day.
type Windows []Window

// A Window is a range of hours on some days of the week.
type Window struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes since midnight; to is excluded
}

const (
	wholeDay    = 24 * 60
	windowsCure = `write it like "Mon-Fri 08:00-20:00, Sat 09:00-13:00"`
)

// UnmarshalText parses windows. Its error is a *[Misread].
func (w *Windows) UnmarshalText(text []byte) error {
	var all Windows
	offset := 0
	for part := range strings.SplitSeq(string(text), ",") {
		one, wrong := parseWindow(strings.Fields(part))
		if wrong != "" {
			indent := len(part) - len(strings.TrimLeft(part, " \t"))
			return &Misread{Offset: offset + indent, What: wrong, Cure: windowsCure}
		}
		all = append(all, one)
		offset += len(part) + 1
	}
	*w = all
	return nil
}

// Contains reports whether t is in one of the windows, by the wall clock of t's
// location. Empty windows contain no time.
func (w Windows) Contains(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	today, yesterday := t.Weekday(), (t.Weekday()+6)%7
	for _, one := range w {
		if one.from < one.to {
			if one.days[today] && one.from <= minute && minute < one.to {
				return true
			}
			continue
		}
		if one.days[today] && one.from <= minute || one.days[yesterday] && minute < one.to {
			return true
		}
	}
	return false
}

// parseWindow parses the words of one window, or says what is wrong.
func parseWindow(words []string) (w Window, wrong string) {
	w.from, w.to = 0, wholeDay
	switch len(words) {
	case 0:
		return w, "an empty window"
	case 1, 2:
	default:
		return w, quoted(strings.Join(words, " ")) + " is not a window of days and hours"
	}
	if words[0][0] >= '0' && words[0][0] <= '9' {
		if len(words) == 2 {
			return w, quoted(words[0]) + " is not a day"
		}
		w.days = [7]bool{true, true, true, true, true, true, true}
		return w, w.hours(words[0])
	}
	if wrong := w.someDays(words[0]); wrong != "" || len(words) == 1 {
		return w, wrong
	}
	return w, w.hours(words[1])
}

// someDays parses "Sat" or "Mon-Fri". "Sat-Mon" spans the end of the week.
func (w *Window) someDays(s string) (wrong string) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, ok := weekday(first)
	if !ok {
		return quoted(first) + " is not a day"
	}
	to, ok := weekday(last)
	if !ok {
		return quoted(last) + " is not a day"
	}
	for d := from; ; d = (d + 1) % 7 {
		w.days[d] = true
		if d == to {
			return ""
		}
	}
}

func weekday(s string) (time.Weekday, bool) {
	for d := range time.Weekday(7) {
		if name := d.String(); strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return d, true
		}
	}
	return 0, false
}

// hours parses "08:00-20:00".
func (w *Window) hours(s string) (wrong string) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return quoted(s) + " has no end"
	}
	if w.from, ok = minutes(from); !ok || w.from == wholeDay {
		return quoted(from) + " is not a time of the day"
	}
	if w.to, ok = minutes(to); !ok {
		return quoted(to) + " is not a time of the day"
	}
	if w.from == w.to {
		return quoted(s) + " is empty"
	}
	return ""
}

// minutes parses "08:30" into minutes since midnight. "24:00" is the end of the day.
func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	hour, err := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	if !ok || err != nil || err2 != nil || len(h) > 2 || len(m) != 2 || minute > 59 {
		return 0, false
	}
	sum := int(hour)*60 + int(minute)
	return sum, sum <= wholeDay
}
