package privacy

import "strings"

// maxMail is the longest local part or domain of an address.
const maxMail = 254

// mail looks at an @ (or %40, of the given width) with what stands around it.
func mail(s string, floor, at, width int, personal bool) (find, bool) {
	if !personal {
		return find{}, false
	}
	begin := at
	for begin > floor && at-begin < maxMail && localByte(s[begin-1]) {
		begin--
	}
	for begin < at && (s[begin] == '.' || s[begin] == '-' || s[begin] == '%') {
		begin++
	}
	if begin == at {
		return find{}, false
	}
	domain := at + width
	end := run(s, domain, maxMail, func(c byte) bool { return letter(c) || digit(c) || c == '.' || c == '-' || c >= 0x80 })
	for end > domain && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	if end < len(s) && (s[end] == '(' || s[end] == '_') || !domainLike(s[domain:end]) {
		return find{}, false // apply@31.Invoke( is a frame of F#
	}
	return find{begin, end, email}, true
}

func localByte(c byte) bool {
	return letter(c) || digit(c) || c >= 0x80 || c == '.' || c == '-' || c == '_' || c == '+' || c == '%'
}

// domainLike asks for a point and a last part of letters in one case.
func domainLike(d string) bool {
	point := strings.LastIndexByte(d, '.')
	if point <= 0 || len(d)-point < 3 {
		return false
	}
	top := d[point+1:]
	lower, upper := false, false
	for i := range len(top) {
		c := top[i]
		switch {
		case 'a' <= c && c <= 'z' || c >= 0x80:
			lower = true
		case 'A' <= c && c <= 'Z':
			upper = true
		default:
			return strings.HasPrefix(top, "xn--")
		}
	}
	return lower != upper
}
