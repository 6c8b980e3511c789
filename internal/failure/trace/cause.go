package trace

import "strings"

// A Cause is an exception within another one.
type Cause struct{ Type, Message string }

// Cause is the innermost of t and its inner exceptions that says something.
func (t Trace) Cause() Cause { return t.Inner.Or(Cause{t.Type, t.Message}) }

// Or is the first of the two that says something, if any does.
func (c Cause) Or(other Cause) Cause {
	switch {
	case c.says():
		return c
	case other.says():
		return other
	}
	return Cause{}
}

// hollow are what messages say that only lead to the exception within, that a
// caller's patience ended, which the outer one says better, and what Windows says
// of a number that it does not know.
var hollow = []string{
	"inner exception", "interne ausnahme", "internen ausnahme", "exception interne", "excepción interna", "nested exception is",
	"one or more errors occurred", "ein oder mehrere fehler", "une ou plusieurs erreurs",
	"by the target of an invocation", "ein aufrufziel hat", "par la cible d'un appel",
	"type initializer for", "exception of type '", "exception while executing function", "unknown error", "operation canceled", "operation was canceled", "task was canceled",
}

// says reports whether an exception tells what went wrong.
func (c Cause) says() bool {
	if c.Type == "" || c.Message == "" && wraps(c.Type) {
		return false
	}
	message := strings.ToLower(c.Message[:min(len(c.Message), 256)])
	for _, words := range hollow {
		if strings.Contains(message, words) {
			return false
		}
	}
	return true
}

// wraps reports whether exceptions of a type are there to hold another.
func wraps(typ string) bool {
	switch typ[strings.LastIndexByte(typ, '.')+1:] {
	case "AggregateException", "TargetInvocationException", "InvocationTargetException", "TypeInitializationException",
		"CompletionException", "ExecutionException", "UndeclaredThrowableException", "DbUpdateException", "ExceptionGroup", "BaseExceptionGroup":
		return true
	}
	return false
}

// innermost is the last exception that says something in a chain of arrows,
// " ---> A: a ---> B: b", in lines of their own or within one.
func innermost(chain string, cut bool) Cause {
	end := len(chain)
	at := end
	for range maxArrows {
		if at = strings.LastIndex(chain[:at], InlineArrow); at < 0 {
			break
		}
		typ, rest, ok := Header(chain[at+len(InlineArrow) : end])
		if !ok {
			continue // the message of one before
		}
		half := cut && rest == "" && end == len(chain) // its type, where the text ends
		if c := (Cause{typ, strings.TrimSpace(UnixLines(rest))}); !half && c.says() {
			return c
		}
		end = at
	}
	return Cause{}
}
