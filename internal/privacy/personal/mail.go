package personal

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// maxMail is the longest local part or domain of an address.
const maxMail = 254

// mail looks at an @ with what stands around it.
func mail(t *plain.Text, at int) (plain.Find, bool) {
	s := t.S
	domain := at + 1
	end := domain
	for end < len(s) && end-domain < maxMail {
		n := letterLength(s[end:])
		if n == 0 && (plain.IsDigit(s[end]) || s[end] == '.' || s[end] == '-') {
			n = 1
		}
		if n == 0 {
			break
		}
		end += n
	}
	for end > domain && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	if end < len(s) && s[end] == '(' || !domainLike(s[domain:end]) {
		return plain.Find{}, false // apply@31.Invoke( is a frame of F#
	}
	if top := s[domain+strings.LastIndexByte(s[domain:end], '.')+1 : end]; end < len(s) && s[end] == '_' && !slices.Contains(domains, strings.ToLower(top)) {
		return plain.Find{}, false
	}
	begin := local(t, at)
	if begin == at || s[begin:at] == "git" && strings.HasPrefix(s[end:], ":") {
		return plain.Find{}, false
	}
	if end < len(s) && s[end] == '\'' {
		if q := strings.IndexByte(s[begin:at], '\''); q == 1 && strings.IndexByte("NbruL", s[begin]) >= 0 {
			begin += 2 // N'…', a string of SQL
		}
	}
	return plain.Find{Begin: begin, End: end, Word: email}, true
}

// local is where the part of an address before its @ begins.
func local(t *plain.Text, at int) int {
	s := t.S
	if at > t.Floor && s[at-1] == '"' {
		if q := strings.LastIndexByte(s[max(t.Floor, at-65):at-1], '"'); q >= 0 && at-65 < t.Floor {
			return t.Floor + q
		}
	}
	begin := at
	for begin > t.Floor && at-begin < maxMail {
		c := s[begin-1]
		n := 0
		switch {
		case plain.IsLetter(c), plain.IsDigit(c), strings.IndexByte(".-_+%!#$^*~", c) >= 0:
			n = 1
		case c == '\'' && begin < at && begin-1 > t.Floor && plain.InWord(s[begin-2]):
			n = 1 // o'neil
		case c >= utf8.RuneSelf && c != plain.Mark:
			_, size := utf8.DecodeLastRuneInString(s[t.Floor:begin])
			n = letterLength(s[begin-size:])
		}
		if n == 0 {
			break
		}
		begin -= n
	}
	for begin < at && strings.IndexByte(".-%!#$^*~'", s[begin]) >= 0 {
		begin++
	}
	return begin
}

// letterLength is how many bytes the letter or plain.Mark has that begins a text; 0
// if none does.
func letterLength(s string) int {
	if s[0] < utf8.RuneSelf {
		if plain.IsLetter(s[0]) {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
		return 0
	}
	return n
}

// domains are the last parts of domains that people write in any case.
var domains = strings.Fields(`com net org edu gov mil int info biz name app dev shop store online site cloud email tech example test local internal corp
	coop aero museum travel jobs mobi tel asia xyz`)

// domainLike asks for a point and a last part of letters: in one case, or one
// that is known.
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
		case 'a' <= c && c <= 'z' || c >= utf8.RuneSelf:
			lower = true
		case 'A' <= c && c <= 'Z':
			upper = true
		default:
			return strings.HasPrefix(strings.ToLower(top), "xn--")
		}
	}
	if size := d[:point]; len(size) == 2 && plain.IsDigit(size[0]) && size[1]|0x20 == 'x' {
		return false // logo@2x.png
	}
	named := strings.IndexFunc(d[:point], func(r rune) bool { return r > '9' }) >= 0
	switch {
	case lower != upper && upper, !named && strings.Contains(d[:point], "."):
		return named // 1.0.0.RELEASE is a version
	case lower != upper:
		return true
	}
	return named && (len(top) == 2 || slices.Contains(domains, strings.ToLower(top)))
}
