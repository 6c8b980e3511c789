package trace

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// demystified reads a frame as Ben.Demystifier writes it, from behind "at ":
// what a declaration has in front of its name, "async Task<X> Shop.Y.Z(",
// "new Shop.Y(", "(int a, string b) Shop.Y.Z(". It is false for a sentence.
func demystified(rest string) (name string, ok bool) {
	depth, begin := 0, 0
	made, typed := "", false
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '<' || c == '[':
			depth++
		case c == '>' || c == ']' || c == ')':
			depth--
		case c == '(' && (depth > 0 || i == begin): // a tuple
			depth++
		case c == '(':
			name = rest[begin:i] + made
			return name, strings.IndexByte(name, '.') > 0 && (typed || made != "")
		case c == ' ' && depth == 0:
			switch word := rest[begin:i]; {
			case word == "new":
				made = "..ctor"
			case word == "static":
				made = "..cctor"
			case modifier(word):
			case typed || !returned(word):
				return "", false
			default:
				made, typed = "", true
			}
			begin = i + 1
		}
	}
	return "", false
}

func modifier(word string) bool {
	return word == "async" || word == "ref" || word == "readonly" || word == "unsafe" || word == "extern" || word == "override"
}

// returned reports whether a word can be a method's return type.
func returned(word string) bool {
	switch strings.TrimRight(word, "?*[]") {
	case "void", "bool", "byte", "sbyte", "char", "decimal", "double", "float", "int", "uint", "nint", "nuint", "long", "ulong", "short", "ushort",
		"object", "string", "dynamic":
		return true
	}
	first, _ := utf8.DecodeRuneInString(word)
	return first == '(' || unicode.IsUpper(first)
}
