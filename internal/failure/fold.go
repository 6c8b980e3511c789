package failure

import "strings"

// How much of a message makes its pattern, and how long a quoted value may be.
const (
	maxPattern = 256
	maxQuoted  = 512
)

// fold appends the pattern of a message to b: what differs from case to case
// is replaced by #. That is every word with a digit in it (numbers, dates,
// ids, GUIDs, addresses), what stands in quotes, and the rest of a URL or urn.
// Neighbouring #, parted by punctuation alone, are one.
func fold(b []byte, s string) []byte {
	begin := len(b)
	for i := 0; i < len(s) && len(b)-begin < maxPattern; {
		c := s[i]
		switch {
		case wordByte(c):
			end, digits := word(s, i)
			rest := s[end:]
			switch {
			case strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, ":") && strings.EqualFold(s[i:end], "urn"):
				b = hash(append(b, s[i:end]...), begin)
				end += untilBlank(rest)
			case digits:
				b = hash(b, begin)
			default:
				b = append(b, s[i:end]...)
			}
			i = end
		case quote(c) && (i == 0 || !wordByte(s[i-1])):
			n := quoted(s[i:])
			if n > 0 {
				b = hash(b, begin)
				i += n
				continue
			}
			b = append(b, c)
			i++
		case c == '\r':
			i++
		default:
			b = append(b, c)
			i++
		}
	}
	return b
}

// hash appends # and takes back an earlier one that only punctuation of
// numbers and dates, blanks of any width among it, parts from this.
func hash(b []byte, begin int) []byte {
	i := len(b)
	for i > begin && i > len(b)-4 && strings.IndexByte(".,:/-+\xe2\x80\xaf\xc2\xa0", b[i-1]) >= 0 {
		i--
	}
	if i > begin && b[i-1] == '#' && i < len(b) {
		return b[:i]
	}
	return append(b, '#')
}

func wordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || decimal(c) || c == '_' || c == '-'
}

// word is the end of the word at i, and whether it has a digit in it. Bytes
// of other scripts are no part of a word and stay as they are.
func word(s string, i int) (end int, digits bool) {
	for end = i; end < len(s) && wordByte(s[end]); end++ {
		digits = digits || decimal(s[end])
	}
	return end, digits
}

func decimal(c byte) bool { return '0' <= c && c <= '9' }

func quote(c byte) bool { return c == '\'' || c == '"' || c == '`' }

// quoted is the length of the quoted value at the front of s, 0 where the
// quote is not closed soon.
func quoted(s string) int {
	for i := 1; i < min(len(s), maxQuoted); i++ {
		if s[i] == s[0] && (i+1 == len(s) || !wordByte(s[i+1])) {
			return i + 1
		}
	}
	return 0
}

func untilBlank(s string) int {
	if i := strings.IndexAny(s, " \t\r\n'\"<>()"); i >= 0 {
		return i
	}
	return len(s)
}
