package pattern

import (
	"strings"
	"unicode/utf8"
)

// closers are the quotes that may end what a quote begins.
var closers = map[rune]string{
	'\'': "'", '"': `"`, '`': "`'",
	'“': "”“", '”': "”", '„': "“”\"", '‘': "’", '’': "’", '‚': "‘’",
	'«': "»", '»': "«", '‹': "›", '›': "‹", '「': "」", '『': "』",
}

// quoted folds what stands in quotes, if a quote begins here and is closed
// soon. The name of a type stays, without the version of its assembly.
func (f *folder) quoted() bool {
	open, size := utf8.DecodeRuneInString(f.s[f.i:])
	ends := closers[open]
	if ends == "" || strings.ContainsRune(either, open) && f.afterWord() {
		return false
	}
	escaped := f.i > 0 && f.s[f.i-1] == '\\'
	content, n := enclosed(f.s[f.i+size:], ends, escaped)
	if n == 0 {
		return false
	}
	if !isType(content) {
		f.value(size + n)
		return true
	}
	f.b = append(f.b, f.s[f.i:f.i+size]...)
	f.b = appendType(f.b, content)
	f.b = append(f.b, f.s[f.i:f.i+size]...)
	f.i += size + n
	return true
}

// afterWord reports whether a word ends here, so that an apostrophe belongs to it.
func (f *folder) afterWord() bool {
	if f.i == 0 {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(f.s[:f.i])
	return r < 0x80 && wordByte(byte(r)) || r >= 0x80 && isLetter(r)
}

// enclosed is the text up to the first of the closing quotes, and its length
// with that quote. A quote before a letter closes nothing, nor does one that
// is escaped, unless the opening one is escaped as well, or doubled within a
// word.
func enclosed(s, ends string, escaped bool) (content string, n int) {
	for i := 0; i < min(len(s), maxQuoted); {
		r, size := utf8.DecodeRuneInString(s[i:])
		at := i
		i += size
		switch {
		case !strings.ContainsRune(ends, r) || r == utf8.RuneError:
		case !escaped && at > 0 && s[at-1] == '\\':
		case r < 0x80 && at > 0 && len(s) > i+1 && s[i] == byte(r) && wordByte(s[i+1]):
			i++
		case i < len(s) && strings.ContainsRune(either, r) && startsWord(s[i:]):
		default:
			return s[:at], i
		}
	}
	return "", 0
}

// either are quotes that open and close, and the apostrophe.
const either = "'\"`”’»›"

func startsWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r < 0x80 && wordByte(byte(r)) || r >= 0x80 && isLetter(r)
}

// isType reports whether a quoted text names a type, or a member of one: of
// .NET with its name space, generic or with its assembly, of Java or Python
// with its package, or an interface alone.
func isType(s string) bool {
	head := s
	if i := strings.IndexAny(s, "`<[(,"); i >= 0 {
		head = s[:i]
		if s[i] == '(' {
			head = head[strings.LastIndexByte(head, ' ')+1:] // after the type of the result
		}
	}
	names, packages, first := 0, 0, false
	var last string
	for last = range strings.FieldsFuncSeq(head, func(r rune) bool { return r == '.' || r == '+' || r == '$' }) {
		if !isName(last) {
			return false
		}
		if names == 0 {
			first = upper(last[0])
		}
		if !upper(last[0]) {
			packages++
		}
		names++
	}
	switch {
	case names == 0 || !upper(last[0]) || strings.Contains(head, "..") || strings.HasSuffix(head, ".") || strings.HasPrefix(head, "."):
		return false
	case names == 1:
		return isInterface(last)
	}
	return (first || packages > 1) && !isExtension(strings.ToLower(last))
}

// isName reports whether s may be a name in code. Long numbers are not found
// in names, but in values.
func isName(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case letter(c) || c == '_':
			digits = 0
		case decimal(c) && i > 0 && digits < 3:
			digits++
		default:
			return false
		}
	}
	return true
}

// isInterface reports whether a name without a name space is an interface's of
// .NET, IMailer.
func isInterface(s string) bool {
	return len(s) > 3 && s[0] == 'I' && upper(s[1]) && !upper(s[2]) && letter(s[2])
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

// appendType appends a type's name without what follows from the version of
// its assembly.
func appendType(b []byte, s string) []byte {
	for s != "" {
		i := strings.IndexByte(s, ',')
		if i < 0 {
			break
		}
		b, s = append(b, s[:i]...), s[i:]
		rest := strings.TrimLeft(s[1:], " ")
		if strings.HasPrefix(rest, "Version=") || strings.HasPrefix(rest, "Culture=") || strings.HasPrefix(rest, "PublicKeyToken=") {
			end := strings.IndexAny(rest, ",]>")
			if end < 0 {
				return b
			}
			s = rest[end:]
			continue
		}
		b, s = append(b, ','), s[1:]
	}
	return append(b, s...)
}
