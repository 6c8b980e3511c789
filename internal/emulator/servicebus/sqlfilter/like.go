package sqlfilter

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// like matches a text with a pattern, in which % is any number of characters
// and _ is one.
func like(o Options, s, pattern, escape any) (any, error) {
	str, ok1 := s.(string)
	pat, ok2 := pattern.(string)
	esc, ok3 := escape.(string)
	if !ok1 || !ok2 || !ok3 {
		return mismatch(o, "LIKE", s, pattern)
	}
	if utf8.RuneCountInString(esc) > 1 {
		return nil, errors.New("the escape character of LIKE is longer than one character")
	}
	if o.LikeIgnoresCase {
		str, pat, esc = strings.ToLower(str), strings.ToLower(pat), strings.ToLower(esc)
	}
	return matches([]rune(str), compilePattern(pat, esc)), nil
}

// Marks of a pattern; they are no characters.
const (
	anyText rune = -1 - iota
	anyOne
)

// compilePattern replaces the wildcards that are not escaped by their marks.
func compilePattern(pattern, escape string) []rune {
	var out []rune
	escaped := false
	for _, c := range pattern {
		switch {
		case !escaped && escape == string(c):
			escaped = true
			continue
		case !escaped && c == '%':
			c = anyText
		case !escaped && c == '_':
			c = anyOne
		}
		escaped = false
		out = append(out, c)
	}
	return out
}

// matches goes through the text once for each part of the pattern between
// wildcards: the last % takes one more character whenever what follows fails.
func matches(s, pattern []rune) bool {
	at, i := 0, 0
	star, resume := -1, 0
	for at < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == anyText:
			star, resume = i, at
			i++
		case i < len(pattern) && (pattern[i] == anyOne || pattern[i] == s[at]):
			i++
			at++
		case star >= 0:
			resume++
			i, at = star+1, resume
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == anyText {
		i++
	}
	return i == len(pattern)
}
