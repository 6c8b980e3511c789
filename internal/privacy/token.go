package privacy

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// A token is how the tokens of a well-known service begin, and how long they
// are at least.
type token struct {
	prefix string
	least  int
}

// tokens has them by their first byte: most words begin as none does.
var tokens = func() (by [256][]token) {
	for _, t := range known {
		by[t.prefix[0]] = append(by[t.prefix[0]], t)
	}
	return by
}()

var known = []token{
	{"xoxb-", 20},
	{"xoxp-", 20},
	{"xoxa-", 20},
	{"xoxr-", 20},
	{"xoxs-", 20},
	{"xoxe-", 20},
	{"xapp-", 20},
	{"ghp_", 24},
	{"gho_", 24},
	{"ghu_", 24},
	{"ghs_", 24},
	{"ghr_", 24},
	{"github_pat_", 30},
	{"glpat-", 20},
	{"AKIA", 20},
	{"ASIA", 20},
	{"AIza", 35},
	{"sk_live_", 20},
	{"sk_test_", 20},
	{"rk_live_", 20},
	{"whsec_", 20},
	{"SG.", 40},
	{"npm_", 36},
	{"sk-", 32},
	{"pypi-", 40},
	{"dop_v1_", 40},
	{"hvs.", 24},
}

// vendorToken looks at a word that begins as a well-known token does.
func vendorToken(s string, i int) (find, bool) {
	for _, t := range tokens[s[i]] {
		if i+1 == len(s) || t.prefix[1] != s[i+1] || !strings.HasPrefix(s[i:], t.prefix) {
			continue
		}
		end := run(s, i, maxProof, tokenByte)
		if end-i >= t.least && mixed(s[i+len(t.prefix):end]) {
			return find{i, wholeToken(s, end), key}, true
		}
	}
	if s[i] != 'h' {
		return find{}, false
	}
	if rest, ok := strings.CutPrefix(s[i:], "hooks.slack.com/services/"); ok {
		begin := len(s) - len(rest)
		if end := run(s, begin, len(s), func(c byte) bool { return wordByte(c) || c == '/' }); end > begin {
			return find{begin, end, key}, true
		}
	}
	return find{}, false
}

// maxProof is how much of a word is looked at to tell a token; the rest of it
// is masked unseen.
const maxProof = 128

// wholeToken is where the token ends that reaches at least to i, without the
// full stop of its sentence.
func wholeToken(s string, i int) int {
	end := run(s, i, len(s), tokenByte)
	for s[end-1] == '.' {
		end--
	}
	return end
}

func tokenByte(c byte) bool { return wordByte(c) || c == '-' || c == '.' }

// mixed asks for a digit: words have none.
func mixed(s string) bool { return strings.ContainsAny(s, "0123456789") }

// credentials looks at "Bearer …" and "Basic …". Basic is a word as well, so
// that it counts only where Authorization stands close before it, or where
// what follows is a name and a password.
func credentials(s string, i int) (find, bool) {
	var begin int
	basic := false
	switch {
	case hasFold(s[i:], "bearer"):
		begin = i + len("bearer")
	case hasFold(s[i:], "basic"):
		begin, basic = i+len("basic"), true
	default:
		return find{}, false
	}
	blank := run(s, begin, 4, func(c byte) bool { return c == ' ' || c == ':' || c == '=' || c == '"' })
	if blank == begin {
		return find{}, false
	}
	end := secretEnd(s, blank)
	if end-blank < 8 || !mixed(s[blank:end]) && end-blank < 24 {
		return find{}, false
	}
	if basic && !strings.Contains(strings.ToLower(s[max(0, i-24):i]), "authorization") && !nameAndPassword(s[blank:end]) {
		return find{}, false
	}
	return find{blank, end, key}, true
}

// secretEnd is where the secret that begins at i ends.
func secretEnd(s string, i int) int {
	end := run(s, i, len(s), func(c byte) bool { return tokenByte(c) || strings.IndexByte("~+/=", c) >= 0 })
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
	b, err := base64.StdEncoding.DecodeString(s)
	return err == nil && bytes.IndexByte(b, ':') > 0 && utf8.Valid(b)
}

// authorization looks at an Authorization header of another scheme, such as
// "Authorization: SharedKey shop:abc=".
func authorization(s string, i int) (find, bool) {
	if !hasFold(s[i:], "authorization") {
		return find{}, false
	}
	at := i + len("authorization")
	blank := run(s, at, 4, func(c byte) bool { return strings.IndexByte(" :=\"'", c) >= 0 })
	scheme := run(s, blank, 24, func(c byte) bool { return wordByte(c) || c == '-' })
	if blank == at || scheme == len(s) || s[scheme] != ' ' || hasFold(s[blank:], "bearer ") || hasFold(s[blank:], "basic ") {
		return find{}, false
	}
	end := run(s, scheme+1, 2048, func(c byte) bool { return c > ' ' && strings.IndexByte("\"'<>", c) < 0 })
	if end-scheme < 9 || !mixed(s[scheme+1:end]) {
		return find{}, false
	}
	return find{scheme + 1, end, key}, true
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// webToken looks at eyJ, with which every JSON web token begins: three parts
// in base64, of which a cut text may lack the last.
func webToken(s string, i int) (find, bool) {
	point := run(s, i, 4*maxProof, func(c byte) bool { return tokenByte(c) && c != '.' })
	if point-i < 12 || point == len(s) || s[point] != '.' || run(s, point+1, 8, tokenByte)-point < 9 {
		return find{}, false
	}
	return find{i, wholeToken(s, point+1), key}, true
}

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemKey   = "PRIVATE KEY-----"
)

// privateKey looks at dashes that begin a private key's block. All of it is
// masked, to the text's end where the block's is missing.
func privateKey(s string, i int) (find, bool) {
	rest, ok := strings.CutPrefix(s[i:], pemBegin)
	if !ok {
		return find{}, false
	}
	if k := strings.Index(rest[:min(len(rest), 48)], pemKey); k < 0 {
		return find{}, false
	}
	end := strings.Index(rest, pemEnd)
	if end < 0 {
		return find{i, len(s), key}, true
	}
	stop := strings.Index(rest[end:], pemKey)
	if stop < 0 {
		return find{i, len(s), key}, true
	}
	return find{i, i + len(pemBegin) + end + stop + len(pemKey), key}, true
}

// userinfo looks at the :// of a URL for a name and password before the host.
func userinfo(s string, i int) (find, bool) {
	if !strings.HasPrefix(s[i:], "://") {
		return find{}, false
	}
	begin := i + 3
	end := run(s, begin, 512, func(c byte) bool { return c > ' ' && strings.IndexByte("/?#\"'<>\\", c) < 0 })
	at := strings.LastIndexByte(s[begin:end], '@')
	if at <= 0 {
		return find{}, false
	}
	return find{begin, begin + at, key}, true
}
