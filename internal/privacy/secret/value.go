package secret

import (
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// value is where the secret begins and ends that stands from i on. of is the
// level of the sign before it: what is escaped further, as the %26 of a value
// in a URL, ends nothing.
func value(t *plain.Text, i int, kind string, of plain.Level) (begin, end int) {
	s := t.S
	for i < len(s) && plain.IsBlank(s[i]) && kind != inURL && kind != inCode {
		i++
	}
	if j := opened(s, i); j < len(s) && plain.IsQuote(s[j]) {
		return j + 1, closing(t, j)
	}
	stop := " \t\r\n\"'`<>;"
	switch kind {
	case inURL, inCode:
		stop = " \t\r\n\"'`<>;&#"
	case inConnection:
		stop = "\t\r\n\"'`<>;"
	case inLine:
		stop = "\r\n"
	}
	if n := len("bearer "); len(s) > i+n && (hasFold(s[i:], "bearer ") || hasFold(s[i:], "basic ")) {
		end = i + n
	}
	for end = max(i, end); end < len(s); end++ {
		if strings.IndexByte(stop, s[end]) >= 0 && (t.Level(end).Own <= of.Own || kind == inLine) && !inside(t, i, end) {
			break
		}
	}
	return i, end
}

// inside reports whether a < or > at end stands within a value, where it
// neither ends an element nor encloses anything.
func inside(t *plain.Text, i, end int) bool {
	switch t.S[end] {
	case '<':
		return end > i && end+1 < len(t.S) && (plain.IsLetter(t.S[end+1]) || plain.IsDigit(t.S[end+1]))
	case '>':
		return end+1 < len(t.S) && plain.InWord(t.S[end+1])
	}
	return false
}

// opened skips what may stand before a quote: the bracket of a list, the
// letter that tells a string's kind.
func opened(s string, i int) int {
	j := i
	for j < len(s) && j-i < 3 && strings.IndexByte("[({ @$NLbrfu", s[j]) >= 0 {
		j++
	}
	return j
}

// closing is where the quotes that open at i close, the end of the line where
// they do not. A quote that is escaped further than the first closes nothing.
func closing(t *plain.Text, i int) int {
	of := t.Level(i)
	for j := i + 1; j < len(t.S); j++ {
		switch {
		case t.S[j] == '\n' && t.Level(j).All == 0:
			return j
		case t.S[j] == t.S[i] && t.Level(j).All <= of.All:
			return j
		}
	}
	return len(t.S)
}

// secret is the find of a secret, if there is any in a value: a word of ours
// alone, or what stands for no value, is none.
func secret(t *plain.Text, begin, end int) (plain.Find, bool) {
	if begin >= end || begin < t.Floor {
		return plain.Find{}, false
	}
	if v := t.S[begin:end]; plain.OnlyMarks(v, " ,.;)]}*") || nothing(v) {
		return plain.Find{}, false
	}
	return plain.Find{Begin: begin, End: end, Word: key}, true
}

// nothing reports whether a value is none: code, a type, a placeholder.
func nothing(value string) bool {
	word := value[:plain.Run(value, 0, 12, plain.IsLetter)]
	switch strings.ToLower(word) {
	case "null", "none", "nil", "default", "undefined", "true", "false", "empty", "string":
		return len(value) == len(word) || strings.IndexByte("),.;} ", value[len(word)]) >= 0
	}
	return placeholder(value)
}

// placeholder reports whether a value names another: {password}, ${PASSWORD},
// [redacted], @Microsoft.KeyVault(…).
func placeholder(value string) bool {
	if strings.HasPrefix(value, "@Microsoft.KeyVault(") {
		return true
	}
	v := strings.TrimRight(strings.TrimLeft(value, "$"), ",.;")
	for _, pair := range [...]string{"{}", "()", "[]", "<>", "%%"} {
		if len(v) > 1 && v[0] == pair[0] && v[len(v)-1] == pair[1] {
			inner := strings.Trim(v, pair)
			n := plain.Run(inner, 0, len(inner), func(c byte) bool { return plain.IsLetter(c) || strings.IndexByte("_.- :", c) >= 0 })
			return n == len(inner) || pair == "{}" && value[0] == '$' || pair == "{}" && len(inner) == 1
		}
	}
	return false
}

// prose are words that follow the name of a secret where people speak of it.
var prose = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`a an and any are as at authentication authorization be been but by can cannot cant changed check contains could denied
		did disabled does doesnt empty encrypted error exceeded expected expired failed field for format found from given had has have hidden if in incorrect
		int integer invalid is it its length mandatory masked match matches max maximum may min minimum mismatch missing must needed needs never no none nor
		not object of omitted on only optional or password protected provided read redacted refused rejected removed required requires reset rotated scheme secret set
		should still str text than that the this to token too type unauthorized unavailable unknown unset unsupported unused value varchar was were when which will
		with without wrong yes you your
		nobody nothing somebody anybody nowhere holds says only used names stands every each both another
		abgelaufen erforderlich falsch fehlt`) {
		m[w] = true
	}
	return m
}()

// spokenOf reports whether a value only speaks of a secret: "Password:
// required", "The field is required.", or another secret's name.
func spokenOf(value string) bool {
	n := plain.Run(value, 0, 16, plain.IsLetter)
	if n > 0 && prose[strings.ToLower(value[:n])] && (n == len(value) || strings.IndexByte(" ,.;:!?)'\"\n\r\t", value[n]) >= 0) {
		return true
	}
	var buf [plain.MaxName]byte
	return len(value) <= plain.MaxName && secretName(plain.Name(&buf, strings.TrimRight(value, "'\"")))
}

// random reports whether a value looks like a secret rather than like a word,
// a number or an id made of both, such as ORDER-40318.
func random(value string) bool {
	n := plain.Run(value, 0, len(value), plain.IsLetter)
	m := plain.Run(value, n, len(value), func(c byte) bool { return c == '-' || c == '_' })
	rest := value[m:]
	if digits := plain.Run(rest, 0, len(rest), plain.IsDigit); digits == len(rest) && (n == 0 || m > n || value[0] < 'a') {
		return false
	}
	return len(value) >= 6 && (mixed(value) || len(value) >= 24)
}

// mixed asks for a digit: words have none.
func mixed(s string) bool { return strings.ContainsAny(s, "0123456789") }
