package failure

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/busbell/busbell/internal/failure/jsonerror"
	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/typename"
)

// Properties in which applications leave what they caught: all of an
// exception, as its text or as JSON, or what went wrong in words; and its parts,
// each under a name of its own.
var (
	wholeProperties = []string{
		"Exception", "exception", "SMB.Exception", "ExceptionDetails", "exceptionDetails", "ExceptionInfo", "ErrorDetails", "errorDetails",
		"LastException", "Error", "error", "LastError", "ExceptionReason", "FailureReason", "failureReason", "AbandonReason", "ErrorReason",
	}
	typeProperties    = []string{"ExceptionType", "exceptionType", "exception-type", "exception.type", "ErrorType", "errorType"}
	messageProperties = []string{
		"ExceptionMessage", "exceptionMessage", "exception-message", "exception.message", "x-exception-message",
		"ErrorMessage", "errorMessage", "error-message", "ErrorDescription", "errorDescription",
	}
	stackProperties = []string{
		"StackTrace", "stackTrace", "stacktrace", "ExceptionStackTrace", "exceptionStackTrace", "ExceptionStacktrace",
		"exception-stacktrace", "exception-stack", "exception.stacktrace", "x-exception-stacktrace", "ErrorStackTrace",
	}
)

// thrown reads an exception that the application left in properties.
func (r *Reader) thrown(m *message.Message, f *Failure) bool {
	typ, text, stack := firstProperty(m, typeProperties), firstProperty(m, messageProperties), firstProperty(m, stackProperties)
	said := ""
	for _, p := range wholeProperties {
		whole := property(m, p)
		switch {
		case whole == "":
		case reasonType(whole) != "":
			typ = cmp.Or(typ, whole)
		case r.told(f, whole):
			return true
		case said == "" && strings.ContainsFunc(whole, unicode.IsLetter) && !jsonerror.Is(whole):
			said = whole
		}
	}
	switch {
	case stack != "" && !trace.IsFrame(trace.FirstLine(stack)) && r.told(f, stack): // all of its text
		f.ExceptionType, f.ExceptionMessage = cmp.Or(typename.Of(typ), f.ExceptionType), cmp.Or(trace.UnixLines(text), f.ExceptionMessage)
	case typ == "" && stack == "" && r.told(f, text):
	case typ != "" || stack != "":
		f.caught(typ, cmp.Or(text, said), stack)
		r.frames(f, stack)
	case text != "" || said != "":
		f.ExceptionType, f.ExceptionMessage = reasonType(f.Reason), words(cmp.Or(text, said))
	default:
		return false
	}
	return true
}

func firstProperty(m *message.Message, names []string) string {
	for _, name := range names {
		if text := property(m, name); text != "" {
			return text
		}
	}
	return ""
}

// caught puts the parts of an exception into f, each of which may be missing.
func (f *Failure) caught(typ, text, stack string) {
	f.ExceptionType, f.ExceptionMessage = typename.Of(typ), trace.UnixLines(text)
	f.Trace, f.Attempts = headed(f.ExceptionType, f.ExceptionMessage, stack), 1
}
