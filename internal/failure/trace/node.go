package trace

import "strings"

// nodeTrace reads the stack of a JavaScript Error.
func nodeTrace(text string) (Trace, bool) {
	at := strings.Index(text, "\n    at ")
	if at < 0 || !strings.Contains(text[at:], ":") {
		return Trace{}, false
	}
	rest := strings.TrimPrefix(text, "Uncaught ")
	at -= len(text) - len(rest)
	text = rest
	name := text[:nameEnd(text)]
	rest = text[len(name):]
	if code := strings.Index(rest, "]: "); strings.HasPrefix(rest, " [") && code > 0 && code < 60 { // Error [ERR_X]: message
		rest = rest[code+1:]
	}
	switch {
	case !IsException(name) || strings.Contains(name, "."):
		return Trace{}, false
	case strings.HasPrefix(rest, ": "):
		rest = rest[2:]
	case !strings.HasPrefix(rest, "\n"):
		return Trace{}, false
	}
	return framed(text, name, rest, at, nodeName), true
}

// nodeName reads "async Charge.handle (/src/charge.js:10:5)", or a place
// alone. A function outside of a class goes by its file. What lies in Node or
// in a package is nobody's own code.
func nodeName(line string) string {
	name, place, ok := strings.Cut(line, " (")
	if !ok {
		name, place = "<anonymous>", strings.TrimPrefix(line, "async ")
	}
	for _, foreign := range []string{"node:", "internal/", "native", "<anonymous>"} {
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
