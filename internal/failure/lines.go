package failure

import "strings"

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
	if rest, ok := strings.CutPrefix(body, "---> "); ok {
		if strings.HasPrefix(rest, "(") && strings.Contains(rest[:min(len(rest), 60)], " #") {
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
	if _, ok := frameName(line); ok {
		return frame
	}
	return other
}

func isFrame(line string) bool { return classify(line) == frame }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// frameName is the method of a frame's line as it stands there, before its
// parameters. Indent, one word of whatever language ("at", "bei", "à", "в"),
// a name without blanks and an open bracket make a frame.
func frameName(line string) (string, bool) {
	body := strings.TrimLeft(line, " \t")
	if len(body) == len(line) || len(line)-len(body) > 8 {
		return "", false
	}
	blank := strings.IndexByte(body, ' ')
	if blank <= 0 || blank > 24 {
		return "", false
	}
	word, rest := body[:blank], body[blank+1:]
	open := strings.IndexByte(rest, '(')
	if open <= 0 {
		return "", false
	}
	name := strings.TrimSuffix(rest[:open], " ") // Node has a blank there
	if word != "at" && (len(line)-len(body) != 3 || !keyword(word) || strings.IndexByte(name, '.') < 0) {
		return "", false
	}
	if strings.IndexByte(name, ' ') >= 0 {
		return "", false
	}
	return name, true
}

// keyword reports whether a word can stand before a frame: letters, and the
// colon that some languages end it with.
func keyword(word string) bool {
	for _, c := range []byte(strings.TrimSuffix(word, ":")) {
		if c < 0x80 && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// unixLines ends every line with \n alone.
func unixLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}
