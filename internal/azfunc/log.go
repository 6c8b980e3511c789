package azfunc

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// NewLogger returns the logger of the handler: JSON in Azure, text elsewhere.
// w is the standard output, because the host logs every line of the standard
// error as an error.
func NewLogger(w io.Writer, inAzure bool) *slog.Logger {
	if inAzure {
		return slog.New(LogHandler(slog.NewJSONHandler(w, nil)))
	}
	return slog.New(LogHandler(slog.NewTextHandler(w, nil)))
}

// LogHandler returns a handler that adds the attributes function, invocation
// and, where the host traces, trace to lines that are logged with the context of
// an invocation. The host cannot tell to which invocation a line belongs.
func LogHandler(h slog.Handler) slog.Handler {
	if _, ok := h.(logHandler); ok {
		return h
	}
	return logHandler{h}
}

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if inv, ok := ctx.Value(invocationKey{}).(*invocation); ok {
		r.AddAttrs(slog.String("function", inv.function), slog.String("invocation", inv.id))
		if inv.trace != "" {
			r.AddAttrs(slog.String("trace", inv.trace))
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}

// An invocation identifies one call of the host.
type invocation struct{ function, id, trace string }

type invocationKey struct{}

func withInvocation(ctx context.Context, r *http.Request) context.Context {
	id := r.Header.Get("X-Azure-Functions-InvocationId")
	return context.WithValue(ctx, invocationKey{}, &invocation{
		function: strings.TrimPrefix(r.URL.Path, "/"),
		id:       id[:min(len(id), 64)],
		trace:    traceID(r.Header.Get("Traceparent")),
	})
}

// traceID returns the trace id of a traceparent (W3C Trace Context), or "" if the
// header is invalid.
func traceID(traceparent string) string {
	parts := strings.Split(traceparent, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || len(parts[1]) != 32 {
		return ""
	}
	if strings.Trim(parts[1], "0123456789abcdef") != "" || strings.Trim(parts[1], "0") == "" {
		return ""
	}
	return parts[1]
}
