package secret

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// atQuote looks at a quote: it may close a secret's name, whose value stands
// elsewhere, or open the value behind a name.
func atQuote(t *plain.Text, i int) (plain.Find, bool) {
	if i == 0 {
		return plain.Find{}, false
	}
	if plain.InWord(t.S[i-1]) {
		return pair(t, i)
	}
	if plain.IsBlank(t.S[i-1]) {
		return quotedAfter(t, i)
	}
	return plain.Find{}, false
}

// pair looks at the quote that closes a secret's name which is itself a value:
// ("x-api-key", "…"), key="Password" value="…", <setting name="Password">…<.
func pair(t *plain.Text, i int) (plain.Find, bool) {
	s, first := t.S, i
	for first > t.Floor && i-first < plain.MaxName && (plain.InWord(s[first-1]) || s[first-1] == '-') {
		first--
	}
	if first < t.Floor+1 || !plain.IsQuote(s[first-1]) {
		return plain.Find{}, false
	}
	j := i + 1
	comma := j < len(s) && s[j] == ','
	if comma {
		j++
	}
	j = plain.Run(s, j, 64, func(c byte) bool { return plain.IsBlank(c) || c == '\n' || c == '\r' })
	if j == len(s) || !comma && s[j] != '>' && j == i+1 || !pairName(s[first:i]) {
		return plain.Find{}, false
	}
	if s[j] == '>' {
		return content(t, j+1, true)
	}
	k := j
	if plain.IsQuote(s[k]) {
		k++
	}
	word := plain.Run(s, k, 8, plain.IsLetter)
	switch strings.ToLower(s[k:word]) {
	case "value", "val", "content", "text", "v", "data":
		sign := plain.Run(s, word, 4, func(c byte) bool { return plain.IsQuote(c) || plain.IsBlank(c) })
		if sign < len(s) && (s[sign] == '=' || s[sign] == ':') {
			begin, end := value(t, sign+1, inText, t.Level(sign))
			return unlessSpokenOf(t, begin, end)
		}
	}
	if !comma {
		if n := strings.IndexAny(s[j:min(len(s), j+256)], "<>"); n >= 0 && s[j+n] == '>' {
			return content(t, j+n+1, true)
		}
		return plain.Find{}, false
	}
	open := first - 2
	for open > t.Floor && plain.IsBlank(s[open]) {
		open--
	}
	at := opened(s, j)
	if open < t.Floor || strings.IndexByte("({[", s[open]) < 0 || at >= len(s) || !plain.IsQuote(s[at]) {
		return plain.Find{}, false
	}
	end := closing(t, at)
	if s[open] == '[' && !mixed(s[at+1:end]) {
		return plain.Find{}, false // a list of names
	}
	return unlessSpokenOf(t, at+1, end)
}

func unlessSpokenOf(t *plain.Text, begin, end int) (plain.Find, bool) {
	if spokenOf(t.S[begin:end]) {
		return plain.Find{}, false
	}
	return secret(t, begin, end)
}

func pairName(name string) bool {
	var buf [plain.MaxName]byte
	low := plain.Name(&buf, name)
	return slices.Contains(headerNames, low) || secretName(low)
}

// quotedAfter looks at a quote that opens what a name before it may call a
// secret: password 'x', password was "x".
func quotedAfter(t *plain.Text, i int) (plain.Find, bool) {
	s, last := t.S, i
	for last > t.Floor && i-last < 3 && plain.IsBlank(s[last-1]) {
		last--
	}
	for _, filler := range [...]string{" is", " was"} {
		if at := last - len(filler); at > t.Floor && s[at:last] == filler {
			last = at
			break
		}
	}
	first, _, _ := t.NameBefore(last)
	var buf [plain.MaxName]byte
	low := plain.Name(&buf, s[first:last])
	if low == "secret" || !secretName(low) && !several(t, first, last, low) {
		return plain.Find{}, false // secret "shop" not found
	}
	return unlessSpokenOf(t, i+1, closing(t, i))
}

// spoken looks at a word that may be "password", with a value behind it that
// nothing sets off but its looks: the password is hunter2.
func spoken(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	end := plain.Run(s, i, 12, plain.IsLetter)
	switch strings.ToLower(s[i:end]) {
	case "password", "passwort", "passphrase", "passcode":
	default:
		return plain.Find{}, false
	}
	least := 7
	begin := plain.Run(s, end, 2, plain.IsBlank)
	for _, filler := range [...]string{"is ", "was "} {
		if strings.HasPrefix(s[begin:], filler) {
			begin, least = begin+len(filler), 6
			break
		}
	}
	if begin == end {
		return plain.Find{}, false
	}
	stop := plain.Run(s, begin, len(s), func(c byte) bool { return c > ' ' && strings.IndexByte("\"'<>;,()", c) < 0 })
	for stop > begin && s[stop-1] == '.' {
		stop--
	}
	v := s[begin:stop]
	if len(v) < least || !mixed(v) || strings.IndexFunc(v, func(r rune) bool { return r < 0x80 && plain.IsLetter(byte(r)) }) < 0 ||
		strings.ContainsAny(v, "=:") && !strings.Contains(v, plain.Marks) {
		return plain.Find{}, false
	}
	return secret(t, begin, stop)
}

// flag looks at a dash that begins an option of a command: --password x.
func flag(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if i > t.Floor && !plain.IsBlank(s[i-1]) && !plain.IsQuote(s[i-1]) && s[i-1] != '-' || i+1 == len(s) || !plain.IsLetter(s[i+1]) {
		return plain.Find{}, false
	}
	end := plain.Run(s, i+1, plain.MaxName, func(c byte) bool { return plain.InWord(c) || c == '-' })
	begin := plain.Run(s, end, 4, func(c byte) bool { return plain.IsBlank(c) || plain.IsQuote(c) || c == ',' })
	if begin == end || begin == len(s) || s[begin] == '-' {
		return plain.Find{}, false
	}
	var buf [plain.MaxName]byte
	if !secretName(plain.Name(&buf, s[i+1:end])) {
		return plain.Find{}, false
	}
	var stop int
	begin, stop = value(t, begin, inText, plain.Level{})
	if plain.IsQuote(s[begin-1]) {
		stop = closing(t, begin-1)
	}
	if spokenOf(s[begin:min(len(s), stop+1)]) {
		return plain.Find{}, false
	}
	return secret(t, begin, stop)
}

// element looks at a < that may begin an XML element with a secret's name.
func element(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	end := plain.Run(s, i+1, plain.MaxName, func(c byte) bool { return plain.InWord(c) || c == '-' || c == '.' || c == ':' })
	if end == i+1 || end == len(s) {
		return plain.Find{}, false
	}
	name := s[i+1 : end]
	name = name[strings.LastIndexAny(name, ":.")+1:]
	var buf [plain.MaxName]byte
	low := plain.Name(&buf, name)
	if !secretName(low) && low != "token" && low != "binarysecuritytoken" {
		return plain.Find{}, false
	}
	for end < len(s) && end-i < 512 && s[end] != '>' {
		if s[end] == '<' {
			return plain.Find{}, false
		}
		end++
	}
	if end >= len(s) || s[end] != '>' || s[end-1] == '/' {
		return plain.Find{}, false
	}
	return content(t, end+1, false)
}

// content looks at what an element holds, perhaps in one more element. Where
// it is not sure that there is one, its end must follow.
func content(t *plain.Text, i int, closed bool) (plain.Find, bool) {
	s := t.S
	white := func(c byte) bool { return c <= ' ' }
	begin := plain.Run(s, i, 64, white)
	if rest, ok := strings.CutPrefix(s[begin:], "<![CDATA["); ok {
		begin = len(s) - len(rest)
	} else if begin+1 < len(s) && s[begin] == '<' && plain.IsLetter(s[begin+1]) {
		if n := strings.IndexByte(s[begin:min(len(s), begin+64)], '>'); n > 0 {
			begin = plain.Run(s, begin+n+1, 64, white)
		}
	}
	end := begin
	for end < len(s) && (s[end] != '<' || t.Level(end).All > t.Level(i-1).All) && !strings.HasPrefix(s[end:], "]]>") {
		end++
	}
	if closed && !strings.HasPrefix(s[end:], "</") {
		return plain.Find{}, false
	}
	for end > begin && white(s[end-1]) {
		end--
	}
	return unlessSpokenOf(t, begin, end)
}

// listed looks at a [ that begins a pair as .NET prints one: [Password, x].
func listed(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	end := plain.Run(s, i+1, plain.MaxName, func(c byte) bool { return plain.InWord(c) || c == '-' })
	if end == i+1 || !strings.HasPrefix(s[end:], ", ") || !pairName(s[i+1:end]) {
		return plain.Find{}, false
	}
	begin := end + 2
	stop := begin
	for stop < len(s) && stop-begin < 512 && s[stop] != ']' && s[stop] != '\n' {
		stop++
	}
	if stop == len(s) || s[stop] != ']' || plain.IsQuote(s[begin]) {
		return plain.Find{}, false
	}
	return unlessSpokenOf(t, begin, stop)
}
