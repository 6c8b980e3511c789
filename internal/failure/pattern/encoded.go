package pattern

import (
	"strings"
	"unicode"
)

func hexDigit(c byte) bool { return decimal(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// hexWord is a word of hex digits, eight or more, as few words of a language are.
func hexWord(s string) int {
	n, digits := word(s)
	if n < 8 || digits {
		return 0
	}
	for i := range n {
		if !hexDigit(s[i]) && s[i] != '-' {
			return 0
		}
	}
	return n
}

// hexGroups is an IPv6 or a hardware address, or bytes with blanks between
// them.
func hexGroups(s string) int {
	return max(groups(s, ':', 1, 4, 3), groups(s, ' ', 2, 2, 4))
}

// maxGroups is how long an address or a row of bytes may be that is followed.
const maxGroups = 128

// groups is the length of groups of hex digits, at least so many of at least
// and at most so many digits. Colons may stand in a row, as in IPv6.
func groups(s string, between byte, least, most, many int) int {
	count, end, digits := 0, 0, false
	for i := 0; i < min(len(s), maxGroups); {
		n := 0
		for i+n < len(s) && hexDigit(s[i+n]) {
			digits = digits || decimal(s[i+n])
			n++
		}
		if n < least || n > most || i+n < len(s) && wordByte(s[i+n]) {
			break
		}
		count, end = count+1, i+n
		if end == len(s) || s[end] != between {
			break
		}
		i = end + 1
		if between == ':' && i < len(s) && s[i] == ':' {
			count, i = count+1, i+1
			end = i
		}
	}
	if count < many || !digits && count < 6 || onlyDigits(s[:end]) {
		return 0
	}
	return end
}

func onlyDigits(s string) bool {
	return !strings.ContainsFunc(s, unicode.IsLetter)
}

// base64Run is a run of base64 digits that is padded, or long and as mixed as
// no word is.
func base64Run(s string) int {
	var n, changes, last int
	var plus, digits bool
	for ; n < min(len(s), maxValue); n++ {
		kind := alphabet(s[n])
		if kind == 0 {
			break
		}
		if n > 0 && kind != last {
			changes++
		}
		last, plus, digits = kind, plus || s[n] == '+', digits || decimal(s[n])
	}
	mixed := changes*20 >= n*9
	switch {
	case n >= 16 && digits && plus && changes*3 >= n, n >= 24 && digits && mixed, n >= 40 && digits && changes*3 >= n, n >= 32 && mixed:
		for n < len(s) && alphabet(s[n]) != 0 {
			n++
		}
		return n + padding(s[n:])
	}
	padded := n + padding(s[n:])
	if padded > n && padded >= 8 && padded%4 == 0 && (padded == len(s) || !wordByte(s[padded])) {
		return padded
	}
	return 0
}

// padding is how many of the two signs that fill up base64 s begins with.
func padding(s string) int {
	n := 0
	for n < min(len(s), 2) && s[n] == '=' {
		n++
	}
	return n
}

// alphabet is the kind of a digit of base64, 0 for none.
func alphabet(c byte) int {
	switch {
	case upper(c):
		return 1
	case letter(c):
		return 2
	case decimal(c):
		return 3
	case c == '+' || c == '/' || c == '-' || c == '_':
		return 4
	}
	return 0
}
