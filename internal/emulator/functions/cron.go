package functions

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// A schedule says when a timer is due.
type schedule interface {
	// next is the first occurrence after t.
	next(t time.Time) time.Time
	// adjustsForDST tells what the host sends as Schedule.AdjustForDST.
	adjustsForDST() bool
}

// parseSchedule reads what function.json may hold as schedule: an NCRONTAB
// expression of six fields, or of five without seconds, or a time span.
func parseSchedule(s string) (schedule, error) {
	if span, err := parseTimeSpan(s); err == nil {
		if span <= 0 {
			return nil, fmt.Errorf("schedule %q: the time span is not positive", s)
		}
		return every(span), nil
	}
	c, err := parseCron(s)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", s, err)
	}
	return c, nil
}

// every is a schedule given as a time span.
type every time.Duration

func (e every) next(t time.Time) time.Time { return t.Add(time.Duration(e)) }
func (e every) adjustsForDST() bool        { return false }

// cron is an NCRONTAB schedule: one bit set a field. Unlike in Unix cron, day
// of month and day of week must both match.
type cron struct {
	second, minute, hour, day, month, weekday uint64
}

func (c cron) adjustsForDST() bool { return true }

// A cronField knows the values that one field may hold.
type cronField struct {
	name     string
	min, max int
	words    []string // names of the values, the first one that of min
}

var cronFields = []cronField{
	{"second", 0, 59, nil},
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day", 1, 31, nil},
	{"month", 1, 12, []string{
		"january", "february", "march", "april", "may", "june",
		"july", "august", "september", "october", "november", "december",
	}},
	{"weekday", 0, 6, []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}},
}

func parseCron(s string) (cron, error) {
	fields := strings.Fields(s)
	switch len(fields) {
	case 5:
		fields = append([]string{"0"}, fields...)
	case 6:
	default:
		return cron{}, fmt.Errorf("%d fields instead of six: second minute hour day month weekday", len(fields))
	}
	var sets [6]uint64
	for i, f := range cronFields {
		set, err := f.parse(fields[i])
		if err != nil {
			return cron{}, fmt.Errorf("%s %q: %w", f.name, fields[i], err)
		}
		sets[i] = set
	}
	c := cron{sets[0], sets[1], sets[2], sets[3], sets[4], sets[5]}
	if c.next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return cron{}, fmt.Errorf("there is no such day")
	}
	return c, nil
}

// parse reads a list of values, ranges and steps: 5, 1-5, */15, 8-18/2, mon-fri.
func (f cronField) parse(s string) (uint64, error) {
	var set uint64
	for part := range strings.SplitSeq(s, ",") {
		span, step, stepped := strings.Cut(part, "/")
		by := 1
		if stepped {
			n, err := strconv.Atoi(step)
			if err != nil || n < 1 {
				return 0, fmt.Errorf("%q is no step", step)
			}
			by = n
		}
		from, to, err := f.span(span, stepped)
		if err != nil {
			return 0, err
		}
		for v := from; v <= to; v += by {
			set |= 1 << v
		}
	}
	return set, nil
}

// span reads what stands before the slash. A lone value with a step runs to
// the end of the field.
func (f cronField) span(s string, stepped bool) (from, to int, err error) {
	if s == "*" {
		return f.min, f.max, nil
	}
	first, last, ranged := strings.Cut(s, "-")
	if from, err = f.value(first); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if to, err = f.value(last); err != nil {
			return 0, 0, err
		}
	case stepped:
		to = f.max
	default:
		to = from
	}
	if to < from {
		return 0, 0, fmt.Errorf("%q ends before it begins", s)
	}
	return from, to, nil
}

// value reads a number or a name, which three letters are enough for.
func (f cronField) value(s string) (int, error) {
	if len(s) >= 3 {
		for i, w := range f.words {
			if strings.HasPrefix(w, strings.ToLower(s)) {
				return f.min + i, nil
			}
		}
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no %s", s, f.name)
	}
	if int(n) < f.min || int(n) > f.max {
		return 0, fmt.Errorf("%d is not between %d and %d", n, f.min, f.max)
	}
	return int(n), nil
}

// next is the first occurrence after t, the zero time if there is none within
// 40 years, the time that it takes for 29 February to meet every weekday.
func (c cron) next(t time.Time) time.Time {
	t = t.Truncate(time.Second).Add(time.Second)
	for range 40 * 366 {
		if has(c.month, int(t.Month())) && has(c.day, t.Day()) && has(c.weekday, int(t.Weekday())) {
			if at, ok := c.within(t); ok {
				return at
			}
		}
		t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location())
	}
	return time.Time{}
}

// within finds the first occurrence on the day of t, not before t.
func (c cron) within(t time.Time) (time.Time, bool) {
	h, m, s := t.Clock()
	at := func(h, m, s int) (time.Time, bool) {
		return time.Date(t.Year(), t.Month(), t.Day(), h, m, s, 0, t.Location()), true
	}
	firstMinute, firstSecond := bits.TrailingZeros64(c.minute), bits.TrailingZeros64(c.second)
	if has(c.hour, h) {
		if has(c.minute, m) {
			if s, ok := from(c.second, s); ok {
				return at(h, m, s)
			}
		}
		if m, ok := from(c.minute, m+1); ok {
			return at(h, m, firstSecond)
		}
	}
	if h, ok := from(c.hour, h+1); ok {
		return at(h, firstMinute, firstSecond)
	}
	return time.Time{}, false
}

func has(set uint64, v int) bool { return set&(1<<v) != 0 }

// from is the smallest value of set that is at least v.
func from(set uint64, v int) (int, bool) {
	rest := set >> v << v
	return bits.TrailingZeros64(rest), rest != 0
}

// subMinute reports whether the next occurrences after t come faster than
// once a minute: the host keeps no status for such a schedule.
func subMinute(s schedule, t time.Time) bool {
	at := s.next(t)
	for range 5 {
		then := s.next(at)
		if then.Sub(at) < time.Minute {
			return true
		}
		at = then
	}
	return false
}
