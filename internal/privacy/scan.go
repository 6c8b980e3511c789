package privacy

import "strings"

// A find is a part of the text and the word that replaces it.
type find struct {
	begin, end int
	word       string
}

// What a byte can be the sign of.
const (
	noSign = iota
	word   // a part of a word; the first may begin something
	sign   // may stand in or at the beginning of something
)

// signs has for every byte what it can be the sign of.
var signs = func() (t [256]byte) {
	for c := range t {
		if wordByte(byte(c)) {
			t[c] = word
		}
	}
	for _, c := range []byte("=:@%+-") {
		t[c] = sign
	}
	return t
}()

// scan looks through a text once. Every byte is cheap; only those that can
// begin or betray something are looked at closer, each in time that the
// length of what they find bounds.
func scan(s string, personal bool) string {
	var b strings.Builder
	done := 0 // what comes before is written
	inWord := false
	for i := 0; i < len(s); {
		kind := signs[s[i]]
		if kind == noSign || kind == word && inWord {
			inWord = kind == word
			i++
			continue
		}
		inWord = kind == word
		var f find
		var ok bool
		if inWord {
			f, ok = atWord(s, i, personal)
		} else {
			f, ok = atSign(s, done, i, personal)
		}
		if !ok {
			i++
			continue
		}
		if b.Len() == 0 {
			b.Grow(len(s))
		}
		b.WriteString(s[done:f.begin])
		b.WriteString(f.word)
		i, done, inWord = f.end, f.end, false
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// atSign looks at a sign in the text with what stands around it. floor is
// the first byte that a find may begin at.
func atSign(s string, floor, i int, personal bool) (find, bool) {
	switch s[i] {
	case '=':
		if f, ok := bareKey(s, floor, i); ok {
			return f, true
		}
		return atName(s, floor, i, personal)
	case ':':
		if f, ok := userinfo(s, i); ok {
			return f, true
		}
		return atName(s, floor, i, personal)
	case '@':
		return mail(s, floor, i, 1, personal)
	case '%':
		if strings.HasPrefix(s[i:], "%40") {
			return mail(s, floor, i, 3, personal)
		}
	case '+':
		return phoneNumber(s, i, personal)
	case '-':
		return privateKey(s, i)
	}
	return find{}, false
}

// atName looks at a = or : that may have a telling name before it.
func atName(s string, floor, i int, personal bool) (find, bool) {
	if f, ok := named(s, floor, i); ok || !personal {
		return f, ok
	}
	return phoneNamed(s, floor, i)
}

// atWord looks at the beginning of a word.
func atWord(s string, i int, personal bool) (find, bool) {
	switch c := s[i] | 0x20; {
	case digit(s[i]):
		if !personal {
			return find{}, false
		}
		if f, ok := abroad(s, i); ok {
			return f, true
		}
		return cardNumber(s, i)
	case c == 'a':
		if f, ok := authorization(s, i); ok {
			return f, true
		}
	case c == 'b':
		return credentials(s, i)
	case c == 'e' && strings.HasPrefix(s[i:], "eyJ"):
		return webToken(s, i)
	}
	if f, ok := vendorToken(s, i); ok {
		return f, true
	}
	if personal && i+3 < len(s) && digit(s[i+2]) && digit(s[i+3]) {
		return bankAccount(s, i)
	}
	return find{}, false
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func wordByte(c byte) bool { return letter(c) || digit(c) || c == '_' }

// run is the end of the bytes from i on that ok accepts, at most limit of them.
func run(s string, i, limit int, ok func(byte) bool) int {
	end := i
	for end < len(s) && end-i < limit && ok(s[end]) {
		end++
	}
	return end
}
