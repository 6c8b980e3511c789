package privacy

import (
	"slices"
	"strings"
)

// shapes are the ways in which card numbers are grouped.
var shapes = [][]int{{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 6, 5}, {4, 6, 4}, {13}, {14}, {15}, {16}, {17}, {18}, {19}}

// cardNumber looks at a digit that begins a word: a payment card's number
// has the right length for its beginning, and its check digit holds.
func cardNumber(s string, i int) (find, bool) {
	if i > 1 && s[i-1] == '.' && digit(s[i-2]) {
		return find{}, false // the fraction of a number
	}
	first := run(s, i, 20, digit) - i
	for _, shape := range slices.Backward(shapes) {
		if shape[0] == first {
			if end, ok := grouped(s, i, shape); ok {
				return find{i, end, card}, true
			}
		}
	}
	return find{}, false
}

// separator is what parts the groups of a number at i: a blank of any width, a
// dash or a point; "" where nothing does.
func separator(s string, i int) string {
	if i >= len(s) {
		return ""
	}
	switch s[i] {
	case ' ', '-', '.':
		return s[i : i+1]
	}
	for _, blank := range [...]string{"\u00a0", "\u202f"} {
		if strings.HasPrefix(s[i:], blank) {
			return blank
		}
	}
	return ""
}

// grouped reads groups of digits, parted all alike.
func grouped(s string, i int, shape []int) (end int, ok bool) {
	var number [19]byte
	n, sep := 0, ""
	for g, size := range shape {
		if g > 0 {
			here := separator(s, i)
			if here == "" || sep != "" && here != sep {
				return 0, false
			}
			sep = here
			i += len(here)
		}
		if run(s, i, size+1, digit) != i+size {
			return 0, false
		}
		n += copy(number[n:], s[i:i+size])
		i += size
	}
	if i < len(s) && wordByte(s[i]) || i+1 < len(s) && (s[i] == '.' || s[i] == '-') && digit(s[i+1]) {
		return 0, false
	}
	return i, issued(number[:n]) && luhn(number[:n])
}

// issued reports whether cards of this length begin so.
func issued(d []byte) bool {
	two, four := num(d[:2]), num(d[:4])
	switch n := len(d); {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34 || two == 37:
		return n == 15
	case two == 36, two == 38, two == 39, four >= 3000 && four <= 3059:
		return n == 14 || n == 16
	case two == 35, two == 62, two == 64, two == 65, four == 6011:
		return n >= 16
	case four == 5018, four == 5020, four == 5038, four == 6304, four == 6759, four >= 6761 && four <= 6763:
		return n >= 13
	}
	return false
}

func num(d []byte) int {
	n := 0
	for _, c := range d {
		n = n*10 + int(c-'0')
	}
	return n
}

// luhn checks a number's check digit.
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
