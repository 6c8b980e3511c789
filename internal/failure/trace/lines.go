package trace

import (
	"strings"
	"unicode/utf8"
)

// A kind says what a line of a .NET trace is.
type kind int

const (
	other     kind = iota
	frame          //    at Ns.Type.Method(Args) in file:line 1
	innerEnd       //    --- End of inner exception stack trace ---
	resumed        // --- End of stack trace from previous location ---
	arrow          //  ---> Ns.InnerException: message
	furtherIn      //  ---> (Inner Exception #1) Ns.InnerException: message
)

// classify tells what a line is. The words in it are the process' language,
// so that it looks at form alone: indents, dashes, arrows, brackets.
func classify(line string) kind {
	if line == "" || line[0] != ' ' && line[0] != '\t' && line[0] != '-' {
		return other
	}
	body := strings.TrimLeft(line, " \t")
	if rest, ok := strings.CutPrefix(body, "---> "); ok && rest != "" {
		if numbered(rest) || strings.HasPrefix(rest, "(") && !strings.Contains(rest, ") ") { // cut
			return furtherIn
		}
		return arrow
	}
	if strings.HasPrefix(body, "--- ") {
		if !strings.HasSuffix(strings.TrimSuffix(strings.TrimRight(body, "\r"), "<---"), "---") {
			return other
		}
		if len(body) == len(line) {
			return resumed
		}
		return innerEnd
	}
	if _, ok := FrameName(line); ok {
		return frame
	}
	return other
}

// numbered reports whether a text begins with a number in brackets, in the
// words of whatever language: "(Inner Exception #1) ", "(Nº1) ", "(1. kivétel) ".
func numbered(s string) bool {
	end := strings.Index(s[:min(len(s), 80)], ") ")
	return end > 1 && s[0] == '(' && (decimal(s[1]) || decimal(s[end-1]))
}

// IsFrame reports whether a line is a frame of a stack.
func IsFrame(line string) bool { return classify(line) == frame }

// IsFurtherInner reports whether a line begins a further inner exception of an
// AggregateException.
func IsFurtherInner(line string) bool { return classify(line) == furtherIn }

// EndsInStack reports whether the last line of a text is one of a stack.
func EndsInStack(text string) bool {
	text = strings.TrimRight(text, "\r\n")
	if strings.HasSuffix(text, "<---") {
		return true
	}
	return classify(text[strings.LastIndexByte(text, '\n')+1:]) != other
}

// FirstLine returns a text up to its first line end.
func FirstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// FrameName is the method of a frame's line as it stands there, before its
// parameters. Indent, a keyword of whatever language ("at", "bei", "à", "в"),
// a name without blanks and an open bracket make a frame.
func FrameName(line string) (string, bool) {
	body := strings.TrimLeft(line, " \t")
	if len(body) == len(line) || len(line)-len(body) > 8 {
		return "", false
	}
	word, rest, ok := cutKeyword(body)
	if !ok {
		return "", false
	}
	before, _, ok := strings.Cut(rest, "(")
	if !ok {
		return "", false
	}
	name := strings.TrimSuffix(before, " ") // Node and Application Insights have a blank there
	if word != "at" && (len(line)-len(body) != 3 || !keyword(word) || strings.IndexByte(name, '.') < 0) {
		return "", false
	}
	if (name == "" || strings.IndexByte(name, ' ') >= 0) && !piped(name) {
		return demystified(rest[:min(len(rest), 2*maxName)])
	}
	return name, len(name) <= 2*maxName && !strings.HasSuffix(name, "..") // the mark of a limit
}

// frameBegun reports whether a text ends within a frame: a limit cut it there.
func frameBegun(text string) bool {
	line := text[strings.LastIndexByte(text, '\n')+1:]
	body, ok := strings.CutPrefix(line, "   ")
	word, name, keyed := cutKeyword(body)
	return ok && keyed && keyword(word) && name != "" && !strings.ContainsAny(name, "( ") && len(line) < len(text)
}

// maxKeyword is longer than the keyword of any language, in bytes.
const maxKeyword = 24

// cutKeyword takes the keyword off a frame's line: one word, or several that
// end with a colon, as Hungarian has them.
func cutKeyword(body string) (word, rest string, ok bool) {
	blank := strings.IndexByte(body, ' ')
	if blank <= 0 || blank > maxKeyword {
		return "", "", false
	}
	if body[blank-1] != ':' && body[:blank] != "at" {
		if colon := strings.Index(body[:min(len(body), maxKeyword)], ": "); colon > 0 {
			blank = colon + 1
		}
	}
	return body[:blank], body[blank+1:], true
}

// keyword reports whether a word can stand before a frame: letters, and the
// colon or dash that some languages end it with.
func keyword(word string) bool {
	for _, c := range []byte(strings.TrimRight(word, ":-")) {
		if c < 0x80 && c != ' ' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// piped reports whether a name with blanks is one that F# gives to the stages
// of a pipeline: "Shop.Tariffs.Pipe #1 stage #2 at line 12@12.Invoke".
func piped(name string) bool {
	at := strings.Index(name, ".Pipe #")
	return at > 0 && strings.IndexByte(name[:at], ' ') < 0 && strings.IndexByte(name[at:], '@') > 0
}

// UnixLines ends every line with \n alone.
func UnixLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

func decimal(c byte) bool { return '0' <= c && c <= '9' }

// Units returns the length of a text as .NET counts it, in UTF-16.
func Units(s string) int {
	n := utf8.RuneCountInString(s)
	for i := range len(s) {
		if s[i] >= 0xf0 {
			n++
		}
	}
	return n
}
