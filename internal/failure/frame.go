package failure

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/message"
)

// isOwn reports whether a frame is the team's own code, by the beginning of
// its name.
func (r *Reader) isOwn(name string) bool {
	if strings.Contains(name, ".<>n__") {
		return false // C#'s way to a base class's method, whose name it does not say
	}
	framework := longest(r.framework, name)
	if len(r.own) > 0 {
		return longest(r.own, name) > framework
	}
	if framework > 0 || known(name) {
		return false
	}
	return strings.IndexByte(name, '.') > 0
}

// longest is the length of the longest of the prefixes that name begins with.
func longest(prefixes []string, name string) int {
	n := 0
	for _, p := range prefixes {
		if len(p) > n && strings.HasPrefix(name, p) {
			n = len(p)
		}
	}
	return n
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
		return false
	}
}

// receiving reports whether a frame of the framework is one of those through
// which a message comes in, by the words that their types and parameters have.
func receiving(line string) bool {
	if strings.Contains(line, ".IncomingContext.") {
		return false // by which NServiceBus' handlers send
	}
	for _, word := range []string{"Receiv", "Incoming", "Deserializ", "Handler", ".Retry."} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// typeOf is the type of a normalised method.
func typeOf(method string) string {
	if t, ok := strings.CutSuffix(method, "..ctor"); ok {
		return t
	}
	if t, ok := strings.CutSuffix(method, "..cctor"); ok {
		return t
	}
	return method[:max(strings.LastIndexByte(method, '.'), 0)]
}

// method brings a frame's name to Namespace.Type.Method: generic marks are
// left out, what the compiler made is replaced by the method it was made
// from, an explicitly implemented interface's name is left out.
func (r *Reader) method(name string) string {
	if !strings.ContainsAny(name, "<`[$@-") && !strings.Contains(name, ".I") {
		return name
	}
	parts := r.withoutInterface(segments(name))
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		source, made := madeFrom(p)
		switch {
		case made && source == "":
			continue // a closure's class
		case made:
			return strings.Join(append(out, source), ".")
		}
		out = append(out, plainName(p))
	}
	return strings.Join(out, ".")
}

// segments parts a name at its points outside of brackets. The empty part
// of "Type..ctor" goes with the constructor's name.
func segments(name string) []string {
	parts := make([]string, 0, 12)
	depth, begin := 0, 0
	for i := range len(name) {
		switch name[i] {
		case '<', '[':
			depth++
		case '>', ']':
			depth--
		case '.':
			if depth <= 0 && i > begin {
				parts = append(parts, name[begin:i])
				begin = i + 1
			}
		}
	}
	return append(parts, name[begin:])
}

// plainName is a part of a name without generic marks.
func plainName(p string) string {
	if name := fileLocal(p); name != "" {
		p = name
	}
	p = strings.TrimPrefix(p, "$")
	if i := strings.IndexAny(p, "`[<"); i > 0 {
		return p[:i]
	}
	return p
}

// withoutInterface leaves out the interface of an explicit implementation:
// Shop.Handler.Rebus.Handlers.IHandleMessages<…>.Handle is Shop.Handler.Handle.
// Only the beginning of a known name space tells where the interface's name
// begins; a lone generic interface is left out by itself.
func (r *Reader) withoutInterface(parts []string) []string {
	at := len(parts) - 2 // nothing but the method follows it
	if at < 2 || !interfaceLike(parts[at]) {
		return parts
	}
	generic, least := strings.IndexByte(parts[at], '<') > 0, 2
	if generic {
		least = 1
	}
	for root := at - 1; root >= least; root-- {
		if parts[root] == parts[0] || roots[parts[root]] || r.root(parts[root]) {
			return slices.Concat(parts[:root], parts[at+1:])
		}
	}
	if generic {
		return slices.Concat(parts[:at], parts[at+1:])
	}
	return parts
}

// interfaceLike reports whether a part is named as interfaces are: IHandle.
func interfaceLike(p string) bool {
	return len(p) > 2 && p[0] == 'I' && 'A' <= p[1] && p[1] <= 'Z'
}

// root reports whether a configured name space begins with p.
func (r *Reader) root(p string) bool {
	begins := func(space string) bool { return strings.HasPrefix(space, p) && space[len(p)] == '.' }
	return slices.ContainsFunc(r.own, begins) || slices.ContainsFunc(r.framework, begins)
}
