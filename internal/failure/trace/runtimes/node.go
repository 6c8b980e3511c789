package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// nodeTrace reads the stack of a JavaScript Error, behind which util.inspect
// prints its cause, or the errors of an AggregateError.
func nodeTrace(text string) (trace.Trace, bool) {
	at := strings.Index(text, "\n    at ")
	if at < 0 || !strings.Contains(text[at:], ":") {
		return trace.Trace{}, false
	}
	rest := strings.TrimPrefix(text, "Uncaught ")
	at -= len(text) - len(rest)
	text = rest
	name, rest, ok := nodeHead(text)
	if !ok {
		return trace.Trace{}, false
	}
	begin := len(text) - len(rest)
	t := trace.Trace{Text: text, Type: name, Message: trace.UnixLines(strings.TrimSuffix(text[begin:max(begin, at)], "\r"))}
	t.Frames = frames(strings.ReplaceAll(text[at+1:], "\n      ", "\n    "), "    at ", nodeName)
	if t.Frames == "" && !trace.IsException(name) {
		return trace.Trace{}, false
	}
	within := causes(text[at:], "[cause]: ")
	if first := causes(text[at:], "[errors]: ["); len(within) == 0 && len(first) > 0 {
		within = []string{strings.TrimSpace(first[0])}
	}
	for _, cause := range within {
		if name, rest, ok := nodeHead(cause); ok {
			message, _, _ := strings.Cut(rest, "\n")
			t.Inner = trace.Cause{Type: name, Message: strings.TrimRight(message, " \r{}],")}.Or(t.Inner)
		}
	}
	return t, true
}

// nodeHead takes the name of an Error off its text.
func nodeHead(text string) (name, rest string, ok bool) {
	name = text[:trace.NameEnd(text)]
	rest = text[len(name):]
	if code := strings.Index(rest, "]: "); strings.HasPrefix(rest, " [") && code > 0 && code < 60 { // Error [ERR_X]: message
		rest = rest[code+1:]
	}
	switch {
	case name == "" || strings.Contains(name, ".") || !trace.IsException(name) && (name[0] < 'A' || name[0] > 'Z'):
		return "", "", false
	case strings.HasPrefix(rest, ": "):
		rest = rest[2:]
	case !strings.HasPrefix(rest, "\n") && !strings.HasPrefix(rest, "\r\n"):
		return "", "", false
	}
	return name, rest, true
}

// nodeName reads "async Charge.handle (/src/charge.js:10:5)", or a place
// alone. A function outside of a class goes by its file. What lies in Node or
// in a package is nobody's own code.
func nodeName(line string) string {
	name, place, ok := strings.Cut(line, " (")
	if !ok {
		name, place = "<anonymous>", strings.TrimPrefix(line, "async ")
	}
	place, _, _ = strings.Cut(place, ")")
	if place = strings.TrimRight(place, " {"); place == "" || strings.IndexByte("0123456789", place[len(place)-1]) < 0 || strings.Contains(place, ":line ") {
		return "" // cut, or a frame of .NET
	}
	for _, foreign := range []string{"node:", "internal/", "native", "<anonymous>", "/azure-functions-host/"} {
		if strings.HasPrefix(place, foreign) {
			return ""
		}
	}
	if strings.Contains(place, "node_modules/") || strings.Contains(place, `node_modules\`) {
		return ""
	}
	name = strings.TrimPrefix(name, "async ")
	name, _, _ = strings.Cut(name, " [as ")
	if class, ok := strings.CutPrefix(name, "new "); ok {
		name = class + ".constructor"
	}
	name = strings.TrimPrefix(name, "Object.")
	if strings.ContainsAny(name, ". ") {
		return strings.ReplaceAll(name, " ", "")
	}
	return fileName(place) + "." + strings.Trim(name, "<>")
}

// fileName is the last part of a path without its extension and what follows.
func fileName(path string) string {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	name, _, _ = strings.Cut(name, ".")
	return name
}
