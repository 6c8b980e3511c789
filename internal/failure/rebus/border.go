package rebus

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// firstOf parts the first of n exceptions from those behind it, and finds the
// time of the last. A blank line and a time part them, which a message may
// imitate; attempts repeat each other, and that tells the real ones. In what a
// handler is told of the attempts a line end alone parts them.
func firstOf(text string, n int, b borders) (first, rest, last string) {
	found := b.real()
	if n <= 1 || len(found) == 0 {
		return text, "", ""
	}
	rest = found[choose(text, found, n)]
	first = text[:len(text)-len(rest)]
	for range 2 { // further line ends are the text's own
		first = strings.TrimSuffix(strings.TrimSuffix(first, "\n"), "\r")
	}
	last, _, _ = cutTime(found[len(found)-1])
	return first, rest, last
}

// choose picks the border behind the first exception.
func choose(text string, borders []string, n int) int {
	_, body, _ := cutTime(text)
	if remarked(body) {
		return 0 // it has one line
	}
	head := strings.TrimRight(trace.FirstLine(body), "\r")
	same := func(i int) bool {
		_, body, _ := cutTime(borders[i])
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
	for i, rest := range borders {
		if same(i) {
			return i
		}
		if trace.EndsInStack(text[:len(text)-len(rest)]) {
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

// borders are the places where a time and a colon stand behind a blank line,
// and those where they stand behind another line end. Each is given by the text
// that begins there.
type borders struct{ behindBlank, behindLine []string }

// real are the borders that count: those behind any line end only where there
// are no others.
func (b borders) real() []string {
	if len(b.behindBlank) > 0 {
		return b.behindBlank
	}
	return b.behindLine
}

// within are the borders in the rest of the text.
func (b borders) within(rest string) borders {
	for len(b.behindBlank) > 0 && len(b.behindBlank[0]) >= len(rest) {
		b.behindBlank = b.behindBlank[1:]
	}
	for len(b.behindLine) > 0 && len(b.behindLine[0]) >= len(rest) {
		b.behindLine = b.behindLine[1:]
	}
	return b
}

// bordersOf finds the borders of a text.
func bordersOf(text string) (b borders) {
	for at := 0; len(b.behindBlank) < maxBorders; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		for strings.HasPrefix(text[at:], "\n\n") { // of several blank lines only the last can have a time behind it
			at++
		}
		for strings.HasPrefix(text[at:], "\r\n\r\n") {
			at += 2
		}
		next := at
		if strings.HasPrefix(text[at:], "\r\n") {
			next = at + 2
		} else if strings.HasPrefix(text[at:], "\n") {
			next = at + 1
		}
		if next == at && len(b.behindBlank)+len(b.behindLine) >= maxBorders {
			continue
		}
		if _, _, ok := cutTime(text[next:]); ok && next > at {
			b.behindBlank = append(b.behindBlank, text[next:])
		} else if ok {
			b.behindLine = append(b.behindLine, text[next:])
		}
	}
	return b
}
