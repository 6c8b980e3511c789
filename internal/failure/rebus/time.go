package rebus

import (
	"strings"
	"time"

	"github.com/busbell/busbell/internal/message"
)

// cutTime takes a time in any culture off the front of a text. All cultures
// end it alike, with the offset from UTC and a colon: " +01:00: ".
func cutTime(text string) (stamp, rest string, ok bool) {
	if text == "" || (text[0] < '0' || text[0] > '9') && text[0] < 0x80 {
		return "", text, false
	}
	head := text[:min(len(text), 120)]
	for at := 0; ; {
		i := strings.IndexByte(head[at:], ' ')
		if i < 0 {
			return "", text, false
		}
		at += i + 1
		if s := head[at:]; len(s) >= 8 && offsetLike(s) && s[6:8] == ": " {
			return text[:at+6], text[at+8:], true
		}
		if strings.IndexByte(head[:at], '\n') >= 0 {
			return "", text, false
		}
	}
}

// offsetLike reports whether s begins with +HH:MM or -HH:MM.
func offsetLike(s string) bool {
	return len(s) >= 6 && (s[0] == '+' || s[0] == '-') &&
		decimal(s[1]) && decimal(s[2]) && s[3] == ':' && decimal(s[4]) && decimal(s[5])
}

func decimal(c byte) bool { return '0' <= c && c <= '9' }

// Time reads a time that a process printed in its own culture and zone;
// zero is none. Day and month, morning and afternoon, a Buddhist year are told
// apart by when the message was enqueued, which was at most moments later.
// Other calendars are not read at all.
func Time(stamp string, w message.Window) (best time.Time) {
	if len(stamp) < 7 || !offsetLike(stamp[len(stamp)-6:]) {
		return best
	}
	offset, digits := stamp[len(stamp)-6:], stamp[:len(stamp)-6]
	n, ok := sixNumbers(digits)
	if !ok {
		return best
	}
	zone := time.Duration(twoDigits(offset[1:]))*time.Hour + time.Duration(twoDigits(offset[4:]))*time.Minute
	if offset[0] == '-' {
		zone = -zone
	}
	away := func(t time.Time) time.Duration { return t.Sub(w.Enqueued).Abs() }
	for _, date := range [3][3]int{{n[0], n[1], n[2]}, {n[2], n[1], n[0]}, {n[2], n[0], n[1]}} {
		for _, hour := range hours(n[3], digits) {
			t, ok := civil(date, hour, n[4], n[5])
			t = t.Add(-zone)
			switch {
			case !ok || !w.Has(t):
			case date[0] < 100 && away(t) > 24*time.Hour: // a year of two digits may be any of the numbers, and of any calendar
			case best.IsZero() || !w.Enqueued.IsZero() && away(t) < away(best):
				best = t
			}
		}
	}
	return best
}

// civil is a date of our calendar, its year perhaps in two digits or counted
// from the Buddha.
func civil(date [3]int, hour, minute, second int) (time.Time, bool) {
	year, month, day := date[0], date[1], date[2]
	switch {
	case year < 100:
		year += 2000
	case year >= 2500 && year < 2700:
		year -= 543
	}
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day
}

// hours are the hours of the day that a printed hour can mean. Letters
// beside the digits may be a word for am or pm; only the Latin ones are
// known, and "h", "min" and the like speak of no half of the day.
func hours(h int, stamp string) []int {
	if h > 12 || h == 0 {
		return []int{h}
	}
	switch {
	case !words(stamp):
		return []int{h}
	case letters(stamp) == "pm":
		return []int{h%12 + 12}
	case letters(stamp) == "am":
		return []int{h % 12}
	}
	return []int{h, (h + 12) % 24, h % 12}
}

// letters are the Latin letters of a text, in lower case.
func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if c |= 0x20; c >= 'a' && c <= 'z' {
			return c
		}
		return -1
	}, s)
}

// words reports whether letters stand between the numbers.
func words(s string) bool {
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return true
		case c >= 0x80 && c != '\u202f' && c != '\u00a0' && c != '\u200f' && c != '\u200e':
			return true
		}
	}
	return false
}

func sixNumbers(s string) (n [6]int, ok bool) {
	k, in := -1, false
	for i := range len(s) {
		if !decimal(s[i]) {
			in = false
			continue
		}
		if !in {
			if k++; k == len(n) {
				return n, false
			}
			in = true
		}
		if n[k] = n[k]*10 + int(s[i]-'0'); n[k] > 9999 {
			return n, false
		}
	}
	return n, k == len(n)-1
}

func twoDigits(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }
