package rebus

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// firstOf parts the first of n exceptions from those behind it, and finds the
// time of the last. A blank line and a time part them, which a message may
// imitate; attempts repeat each other, and that tells the real ones. In what a
// handler is told of the attempts a line end alone parts them.
func firstOf(text string, n int) (first, rest, last string) {
	if n <= 1 {
		return text, "", ""
	}
	found := borders(text)
	if len(found) == 0 {
		return text, "", ""
	}
	at := found[choose(text, found, n)]
	first = text[:at]
	for range 2 { // further line ends are the text's own
		first = strings.TrimSuffix(strings.TrimSuffix(first, "\n"), "\r")
	}
	last, _, _ = cutTime(text[found[len(found)-1]:])
	return first, text[at:], last
}

// choose picks the border behind the first exception.
func choose(text string, borders []int, n int) int {
	_, body, _ := cutTime(text)
	if remarked(body) {
		return 0 // it has one line
	}
	head := strings.TrimRight(trace.FirstLine(body), "\r")
	same := func(i int) bool {
		_, body, _ := cutTime(text[borders[i]:])
		return strings.TrimRight(trace.FirstLine(body), "\r") == head
	}
	each := 0 // borders to an attempt, if all hold the same
	if (len(borders)+1)%n == 0 {
		each = (len(borders) + 1) / n
		if same(each - 1) {
			return each - 1
		}
	}
	behindFrame, frames := -1, 0
	for i, at := range borders {
		if same(i) {
			return i
		}
		if trace.EndsInStack(text[:at]) {
			if frames++; behindFrame < 0 {
				behindFrame = i
			}
		}
	}
	switch {
	case frames == n-1 || each == 0 && frames > 0:
		return behindFrame
	case each > 0:
		return each - 1
	default:
		return 0
	}
}

// maxBorders is more than any count of attempts; a text with more of them is
// made up.
const maxBorders = 1000

// borders are the places where a time and a colon stand: behind a blank line,
// or, where there are none, behind any line end.
func borders(text string) []int {
	var behindBlank, behindLine []int
	for at := 0; len(behindBlank) < maxBorders; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		next := at
		if strings.HasPrefix(text[at:], "\r\n") {
			next = at + 2
		} else if strings.HasPrefix(text[at:], "\n") {
			next = at + 1
		}
		if next == at && len(behindBlank)+len(behindLine) >= maxBorders {
			continue
		}
		if _, _, ok := cutTime(text[next:]); ok && next > at {
			behindBlank = append(behindBlank, next)
		} else if ok {
			behindLine = append(behindLine, next)
		}
	}
	if len(behindBlank) > 0 {
		return behindBlank
	}
	return behindLine
}
