// Package secret finds passwords, keys and tokens: by the name before them, by
// what services begin theirs with, by where they stand in a URL or a header.
package secret

import (
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// key stands for a secret.
const key = "[key]"

// Words are the words that stand for what was found.
var Words = []string{key}

// Field is what stands for the value of a field with a secret's name.
func Field(name, value string) (word string, ok bool) {
	var buf [plain.MaxName]byte
	return key, value != "" && secretName(plain.Name(&buf, name)) && !nothing(value)
}

// At looks at a byte, the first of its kind or a sign, with what stands around it.
func At(t *plain.Text, i int) (plain.Find, bool) {
	switch s := t.S; plain.Kinds[s[i]] {
	case plain.Letter:
		return atWord(t, i)
	case plain.Sign:
		switch s[i] {
		case '=':
			return first(t, i, bareKey, named)
		case ':':
			return first(t, i, userinfo, named)
		case '-':
			if strings.HasPrefix(s[i:], "->") {
				return named(t, i)
			}
			return first(t, i, privateKey, flag)
		case '<':
			return element(t, i)
		case '[':
			return listed(t, i)
		case '"', '\'', '`':
			return atQuote(t, i)
		}
	}
	return plain.Find{}, false
}

func first(t *plain.Text, i int, one, other func(*plain.Text, int) (plain.Find, bool)) (plain.Find, bool) {
	if f, ok := one(t, i); ok {
		return f, true
	}
	return other(t, i)
}

// atWord looks at the first letter of a word.
func atWord(t *plain.Text, i int) (plain.Find, bool) {
	var f plain.Find
	var ok bool
	switch t.S[i] | 0x20 {
	case 'a':
		f, ok = authorization(t, i)
	case 'b':
		f, ok = credentials(t, i)
	case 'e':
		f, ok = webToken(t, i)
	case 'p':
		f, ok = spoken(t, i)
	}
	if ok {
		return f, true
	}
	return vendorToken(t, i)
}
