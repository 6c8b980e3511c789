package secret

import (
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
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
func vendorToken(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	for _, t := range tokens[s[i]] {
		if i+1 == len(s) || t.prefix[1] != s[i+1] || !strings.HasPrefix(s[i:], t.prefix) {
			continue
		}
		end := plain.Run(s, i, maxProof, tokenByte)
		if end-i >= t.least && mixed(s[i+len(t.prefix):end]) {
			return plain.Find{Begin: i, End: wholeToken(s, end), Word: key}, true
		}
	}
	if s[i] != 'h' {
		return plain.Find{}, false
	}
	if rest, ok := strings.CutPrefix(s[i:], "hooks.slack.com/services/"); ok {
		begin := len(s) - len(rest)
		if end := plain.Run(s, begin, len(s), func(c byte) bool { return plain.InWord(c) || c == '/' }); end > begin {
			return plain.Find{Begin: begin, End: end, Word: key}, true
		}
	}
	return plain.Find{}, false
}

// maxProof is how much of a word is looked at to tell a token; the rest of it
// is masked unseen.
const maxProof = 128

// wholeToken is where the token ends that reaches at least to i, without the
// full stop of its sentence.
func wholeToken(s string, i int) int {
	end := plain.Run(s, i, len(s), tokenByte)
	for s[end-1] == '.' {
		end--
	}
	return end
}

func tokenByte(c byte) bool { return plain.InWord(c) || c == '-' || c == '.' || c == plain.Mark }

// webToken looks at eyJ, with which every JSON web token begins: three parts
// in base64, of which a cut text may lack the last.
func webToken(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if !strings.HasPrefix(s[i:], "eyJ") {
		return plain.Find{}, false
	}
	point := plain.Run(s, i, 4*maxProof, func(c byte) bool { return tokenByte(c) && c != '.' })
	if point-i < 12 || point == len(s) || s[point] != '.' || plain.Run(s, point+1, 8, tokenByte)-point < 9 {
		return plain.Find{}, false
	}
	return plain.Find{Begin: i, End: wholeToken(s, point+1), Word: key}, true
}

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemKey   = "PRIVATE KEY-----"
)

// privateKey looks at dashes that begin a private key's block. All of it is
// masked, to the text's end where the block's is missing.
func privateKey(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	rest, ok := strings.CutPrefix(s[i:], pemBegin)
	if !ok {
		return plain.Find{}, false
	}
	if k := strings.Index(rest[:min(len(rest), 48)], pemKey); k < 0 {
		return plain.Find{}, false
	}
	end := strings.Index(rest, pemEnd)
	if end < 0 {
		return plain.Find{Begin: i, End: len(s), Word: key}, true
	}
	stop := strings.Index(rest[end:], pemKey)
	if stop < 0 {
		return plain.Find{Begin: i, End: len(s), Word: key}, true
	}
	return plain.Find{Begin: i, End: i + len(pemBegin) + end + stop + len(pemKey), Word: key}, true
}
