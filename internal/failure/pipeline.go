package failure

import (
	"iter"
	"strings"

	"github.com/busbell/busbell/internal/failure/frame"
	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/message"
)

// Frames yields the names of the methods in a failure's trace, those of its own
// exception and of the inner ones.
func (f Failure) Frames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(f.Trace) {
			if name, ok := trace.FrameName(line); ok && !yield(name) {
				return
			}
		}
	}
}

// frames finds the first own frame, and the handler: the type of the last own
// frame before the framework's first.
func (r *Reader) frames(f *Failure, text string) {
	var room [48]string
	stack := calls(f.Framework, text, room[:0])
	code := r.code.Team(stack, f.MessageType, f.Handler)
	last := ""
	for _, name := range stack {
		switch {
		case name == "" && last != "":
			if f.Handler == "" && f.Framework != message.Plain {
				f.Handler = frame.TypeOf(code.Method(last))
			}
			return
		case name != "" && code.IsOwn(name):
			last = name
			if f.FirstOwnFrame == "" {
				f.FirstOwnFrame = code.Method(name)
			}
		}
	}
}

// maxCalls bounds how much of a deep recursion is looked at.
const maxCalls = 256

// calls are the methods of a stack that can have thrown; "" stands for frames
// of the framework. What lies below those through which a message comes in
// did not throw, nor did a step, behavior or filter that called the framework
// to go on. A handler that was sending did: it lies below frames of the
// framework too.
func calls(f message.Framework, text string, stack []string) []string {
	below := false
	for line := range strings.Lines(text) {
		name, ok := trace.FrameName(line)
		switch {
		case strings.HasPrefix(line, frame.Cause):
			stack = append(stack, frame.Cause)
		case !ok:
		case len(stack) >= maxCalls:
			return stack
		case pipeline(f, name):
			if stack, below = append(stack, ""), true; receiving(line) {
				return stack
			}
		case !below || !passing(line, name):
			stack, below = append(stack, name), below || strings.HasPrefix(name, "MediatR.") || strings.HasPrefix(name, "Mediator.")
		}
	}
	return stack
}

// pipeline reports whether a frame belongs to the framework that handled the
// message, or to code that it generated.
func pipeline(f message.Framework, name string) bool {
	switch f {
	case message.Rebus:
		return strings.HasPrefix(name, "Rebus.")
	case message.NServiceBus:
		return strings.HasPrefix(name, "NServiceBus.")
	case message.MassTransit:
		return strings.HasPrefix(name, "MassTransit.")
	case message.Wolverine:
		return strings.HasPrefix(name, "Wolverine.") || strings.HasPrefix(name, "Internal.Generated.")
	case message.Brighter:
		return strings.HasPrefix(name, "Paramore.")
	case message.Dapr:
		return strings.HasPrefix(name, "Dapr.")
	default:
		return strings.HasPrefix(name, "Microsoft.Azure.Functions.Worker.")
	}
}

// receiving reports whether a frame of the framework is one of those through
// which a message comes in, by the words that their types and parameters have.
func receiving(line string) bool {
	for _, word := range []string{".IncomingContext.", "SendEndpoint", "PublishEndpoint", "Outgoing"} {
		if strings.Contains(line, word) {
			return false // by which handlers send
		}
	}
	for _, word := range []string{"Receiv", "Incoming", "Deserializ", "Handler", ".Retry.", "ConsumeContext`1 context, IPipe", "Functions.Worker."} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// passing reports whether a frame is of a pipeline's step that goes on to the
// next one: by its parameter, or by its name where the parameters are lost.
func passing(line, name string) bool {
	if strings.Contains(line, " next)") || strings.Contains(line, " next,") || strings.Contains(line, " stage)") {
		return true
	}
	for _, word := range []string{"Step", "Behavior", "Behaviour", "Filter", "Middleware"} {
		if _, after, ok := strings.Cut(name, word); ok && after != "" && (after[0] == '.' || after[0] == '`') {
			return true
		}
	}
	return false
}
