package jsonerror

import "strings"

// A role is what a key of an error says.
type role int

const (
	other   role = iota // nothing of the error: it may be the payload
	kind                // the exception's type
	message             // its message
	said                // its message, by a key that says so
	stack
	remote
	whole // all of it, or what holds it
	cause
)

// maxKey is longer than the keys of errors.
const maxKey = 32

// roleOf knows the keys of Newtonsoft.Json, System.Text.Json, JavaScript and
// Jackson, and what people call theirs, in any case and with any dashes.
func roleOf(key string) role {
	if len(key) > maxKey {
		return other
	}
	var plain [maxKey]byte
	n := 0
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'A' && c <= 'Z':
			plain[n] = c | 0x20
			n++
		case strings.IndexByte("_-.$ ", c) < 0:
			plain[n] = c
			n++
		}
	}
	switch string(plain[:n]) {
	case "classname", "exceptiontype", "errortype", "exceptionclass", "errorclass", "exceptionname", "errorname", "type", "name":
		return kind
	case "message", "msg":
		return message
	case "errormessage", "exceptionmessage", "errordescription", "exceptiondescription", "failuremessage", "failurereason", "errorreason":
		return said
	case "stacktracestring", "stacktrace", "stack", "exceptionstacktrace", "errorstack", "errorstacktrace", "exceptionstack", "traceback", "callstack":
		return stack
	case "remotestacktracestring":
		return remote
	case "exception", "error", "err", "ex", "exceptiondetails", "errordetails", "exceptioninfo", "errorinfo", "exceptiontext", "exceptions", "errors":
		return whole
	case "innerexception", "innerexceptions", "innererror", "inner", "cause", "causedby":
		return cause
	}
	return other
}

// add takes what a key says as text.
func (e *thrown) add(r role, text string) {
	var field *string
	switch r {
	case kind:
		field = &e.typ
		if typ, _, _ := strings.Cut(text, ","); typeLike(typ) {
			text = typ // without its assembly
		} else {
			return
		}
	case message:
		field = &e.message
	case said:
		field = &e.said
	case remote:
		field = &e.remote
	case whole:
		field = &e.whole
	default:
		return
	}
	if *field == "" {
		*field = text
	}
}

// hold takes what a key says as an object.
func (e *thrown) hold(r role, inner *thrown) {
	switch {
	case r == cause && e.inner == nil:
		e.inner = inner
	case r == whole && e.held == nil:
		e.held = inner
	}
}

// typeLike tells the type of an exception from whatever else is called a type or
// a name: it has parts, or says itself that it is an error.
func typeLike(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if name == "" || len(name) > 512 || strings.ContainsAny(name, " /:@'\"\n") || last == "" {
		return false
	}
	return strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Error") || len(last) < len(name) && last[0] >= 'A' && last[0] <= 'Z'
}
