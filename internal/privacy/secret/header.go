package secret

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// credentials looks at "Bearer …" and "Basic …" without a header. Both are
// words as well: what follows must look like a secret, and behind Basic be a
// name and a password.
func credentials(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	begin, basic := i+len("bearer"), false
	switch {
	case hasFold(s[i:], "bearer"):
	case hasFold(s[i:], "basic"):
		begin, basic = i+len("basic"), true
	default:
		return plain.Find{}, false
	}
	start := plain.Run(s, begin, 4, func(c byte) bool { return strings.IndexByte(" \t:=\"", c) >= 0 })
	if start == begin {
		return plain.Find{}, false
	}
	end := secretEnd(s, start)
	v := s[start:end]
	switch {
	case plain.OnlyMarks(v, ""):
		return plain.Find{}, false
	case basic && !nameAndPassword(v), !basic && (len(v) < 8 || !mixed(v) && len(v) < 24):
		return plain.Find{}, false
	}
	return plain.Find{Begin: start, End: end, Word: key}, true
}

// secretEnd is where the secret that begins at i ends.
func secretEnd(s string, i int) int {
	end := plain.Run(s, i, len(s), func(c byte) bool { return tokenByte(c) || strings.IndexByte("~+/=", c) >= 0 })
	for end > i && s[end-1] == '.' {
		end--
	}
	return end
}

// nameAndPassword reports whether a text is base64 of "name:password".
func nameAndPassword(s string) bool {
	if len(s) > 512 {
		return false
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return err == nil && bytes.IndexByte(b, ':') >= 0 && utf8.Valid(b)
}

// authorization looks at an Authorization header: "Authorization: Basic …",
// "Authorization: SharedKey shop:abc=", or a key without a scheme. What only
// speaks of one ("Authorization: Bearer token missing") has words behind it.
func authorization(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if !hasFold(s[i:], "authorization") {
		return plain.Find{}, false
	}
	at := i + len("authorization")
	start := plain.Run(s, at, 8, func(c byte) bool { return strings.IndexByte(" \t:=,\"'[(", c) >= 0 })
	if start == at || start == at+1 && plain.IsBlank(s[at]) {
		return plain.Find{}, false
	}
	scheme := plain.Run(s, start, 24, func(c byte) bool { return plain.InWord(c) || c == '-' })
	begin := start
	if scheme > start && scheme < len(s) && plain.IsBlank(s[scheme]) {
		begin = plain.Run(s, scheme, 4, plain.IsBlank)
	}
	inValue := func(c byte) bool { return c > ' ' && strings.IndexByte("\"'<>", c) < 0 }
	if hasFold(s[start:], "digest ") && strings.Contains(s[begin:min(len(s), begin+512)], "=") { // of several parts
		inValue = func(c byte) bool { return c >= ' ' }
	}
	end := plain.Run(s, begin, 2048, inValue)
	v := s[begin:end]
	if plain.OnlyMarks(v, ",;)]}") || nothing(v) {
		return plain.Find{}, false
	}
	n := plain.Run(v, 0, len(v), plain.IsLetter)
	switch last := end == len(s) || s[end] != ' '; {
	case begin == start && (len(v) < 8 || !mixed(v)): // no scheme, and a word
		return plain.Find{}, false
	case prose[strings.ToLower(strings.TrimRight(v, ".,;:!"))], prose[strings.ToLower(v[:n])] && n < len(v) && !plain.InWord(v[n]):
		return plain.Find{}, false
	case !mixed(v) && !last && !nameAndPassword(v):
		return plain.Find{}, false
	case begin != start && !mixed(v) && len(v) < 8 && !nameAndPassword(v) && !hasFold(s[start:], "bearer") && !hasFold(s[start:], "basic"):
		return plain.Find{}, false // the gate is closed
	}
	return plain.Find{Begin: begin, End: end, Word: key}, true
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// userinfo looks at the :// of a URL for a name and password before the host.
// People write passwords with slashes there that ought to be escaped.
func userinfo(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if !strings.HasPrefix(s[i:], "://") {
		return plain.Find{}, false
	}
	begin := i + 3
	inURL := func(c byte) bool { return c > ' ' && strings.IndexByte("\"'<>\\`", c) < 0 }
	host := plain.Run(s, begin, 512, func(c byte) bool { return inURL(c) && c != '/' && c != '?' && c != '#' })
	at := strings.LastIndexByte(s[begin:host], '@')
	if colon := strings.IndexByte(s[begin:host], ':'); at < 0 && colon >= 0 && !port(s[begin+colon+1:host]) {
		at = strings.IndexByte(s[begin:plain.Run(s, host, 512, inURL)], '@')
	}
	if at <= 0 || plain.OnlyMarks(s[begin:begin+at], "") {
		return plain.Find{}, false
	}
	return plain.Find{Begin: begin, End: begin + at, Word: key}, true
}

// port reports whether what stands behind a host's colon is a port, or a
// placeholder for one.
func port(s string) bool {
	return len(s) <= 5 && plain.Run(s, 0, 5, plain.IsDigit) == len(s)
}
