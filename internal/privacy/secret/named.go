package secret

import (
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// named looks at a =, : or -> with the name of a secret before it; the value
// behind it is what is masked.
func named(t *plain.Text, i int) (plain.Find, bool) {
	first, last, quoted := t.NameBefore(i)
	if first == last {
		return plain.Find{}, false
	}
	var before byte
	if first > 0 {
		before = t.S[first-1]
	}
	var buf [plain.MaxName]byte
	low := plain.Name(&buf, t.S[first:last])
	kind := secretKind(low, t.S[i], before, quoted)
	if kind == "" && !quoted && several(t, first, last, low) {
		kind = inText
	}
	if kind == "" {
		return plain.Find{}, false
	}
	next := i + 1
	for next < len(t.S) && next < i+3 && strings.IndexByte("=>:", t.S[next]) >= 0 && kind != inLine {
		next++
	}
	if kind == inURL && before != '?' && before != '&' && before != '#' && next < len(t.S) && plain.IsBlank(t.S[next]) {
		kind = inWords // token = …
	}
	begin, end := value(t, next, kind, t.Level(i))
	v := t.S[begin:end]
	switch {
	case kind == inWords && (end-begin < 8 || !mixed(v)) && !strings.Contains(v, plain.Marks),
		kind == inCode && !random(v),
		kind != inURL && kind != inConnection && kind != inLine && spokenOf(v),
		kind == inText && t.S[i] == ':' && spokenOf(t.S[begin:min(len(t.S), end+1)]),
		low == "pwd" && before != ';' && folder(v):
		return plain.Find{}, false
	}
	return secret(t, begin, end)
}

// several reports whether the words before a name make it that of a secret:
// "api key", "shared access key".
func several(t *plain.Text, first, last int, low string) bool {
	if low != "key" && low != "token" {
		return false
	}
	var buf [plain.MaxName]byte
	for range 2 {
		if first <= t.Floor || t.S[first-1] != ' ' {
			return false
		}
		first--
		for first > t.Floor && last-first < plain.MaxName && plain.IsLetter(t.S[first-1]) {
			first--
		}
		if secretWords(plain.Name(&buf, t.S[first:last])) {
			return true
		}
	}
	return false
}

// folder reports whether a value is a path: pwd names the current one, too.
func folder(v string) bool {
	return strings.HasPrefix(v, "/") && strings.Count(v, "/") > 1 || len(v) > 2 && plain.IsLetter(v[0]) && v[1] == ':' && (v[2] == '\\' || v[2] == '/')
}

// bareKey looks at the = that ends the key of an Azure service: 32 or 64
// bytes in base64, whatever stands before it.
func bareKey(t *plain.Text, i int) (plain.Find, bool) {
	s, begin := t.S, i
	for begin > t.Floor && i-begin < 88 && (plain.IsLetter(s[begin-1]) || plain.IsDigit(s[begin-1]) || s[begin-1] == '+' || s[begin-1] == '/') {
		begin--
	}
	end := plain.Run(s, i, 3, func(c byte) bool { return c == '=' })
	n := i - begin
	if (n != 43 || end-i != 1) && (n != 86 || end-i != 2) {
		return plain.Find{}, false
	}
	if end < len(s) && plain.InWord(s[end]) {
		return plain.Find{}, false
	}
	return plain.Find{Begin: begin, End: end, Word: key}, true
}
