// Package frame reads the names in stack frames: whose code a frame is in, and
// which method of it, whatever compilers have made of its name.
package frame

import (
	"slices"
	"strings"
)

// Code tells a team's own code from that of runtimes, frameworks and libraries.
// The zero value knows those that are met most often.
type Code struct {
	own, framework []string
	inferred       bool // own is what [Code.Team] made of one stack
}

// New returns the Code for a team's own name spaces, "Shop.", and for further
// ones that are not its own, "Acme.Messaging.". Without own ones everything is
// own that no known framework or library owns; [Code.Team] knows more. Where
// both lists match a name, the longer entry decides.
func New(own, framework []string) Code { return Code{own: spaces(own), framework: spaces(framework)} }

// spaces ends every name with the point that parts it from the next.
func spaces(names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		if n = strings.TrimRight(strings.TrimSpace(n), ".*"); n != "" {
			out = append(out, n+".")
		}
	}
	return out
}

// IsOwn reports whether a frame is the team's own code, by the beginning of
// its name.
func (c Code) IsOwn(name string) bool {
	if strings.Contains(name, ".<>n__") {
		return false // C#'s way to a base class's method, whose name it does not say
	}
	framework := longest(c.framework, name)
	if own := longest(c.own, name); own > 0 || len(c.own) > 0 && !c.inferred {
		return own > framework
	}
	if framework > 0 || known(name) || strings.IndexByte(name, '.') <= 0 {
		return false
	}
	return len(c.own) == 0 || strings.Count(c.Method(name), ".") == 1 // Program.Main
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

// TypeOf is the type of a normalised method.
func TypeOf(method string) string {
	if t, ok := strings.CutSuffix(method, "..ctor"); ok {
		return t
	}
	if t, ok := strings.CutSuffix(method, "..cctor"); ok {
		return t
	}
	return method[:max(strings.LastIndexByte(method, '.'), 0)]
}

// Method brings a frame's name to Namespace.Type.Method: generic marks are
// left out, what the compiler made is replaced by the method it was made
// from, an explicitly implemented interface's name is left out.
func (c Code) Method(name string) string {
	if !strings.ContainsAny(name, "<`[$@-+") && !strings.Contains(name, ".I") {
		return name
	}
	parts := c.withoutInterface(segments(name))
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

// segments parts a name at its points outside of brackets, and at the plus that
// Application Insights puts before a nested type. The empty part of
// "Type..ctor" goes with the constructor's name.
func segments(name string) []string {
	parts := make([]string, 0, 12)
	depth, begin := 0, 0
	for i := range len(name) {
		switch name[i] {
		case '<', '[':
			depth++
		case '>', ']':
			depth--
		case '.', '+':
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
func (c Code) withoutInterface(parts []string) []string {
	at := len(parts) - 2 // nothing but the method follows it
	if at < 2 || !interfaceLike(parts[at]) {
		return parts
	}
	generic, least := strings.IndexByte(parts[at], '<') > 0, 2
	if generic {
		least = 1
	}
	for root := at - 1; root >= least; root-- {
		if parts[root] == parts[0] || roots[parts[root]] || c.root(parts[root]) {
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
func (c Code) root(p string) bool {
	begins := func(space string) bool { return strings.HasPrefix(space, p) && space[len(p)] == '.' }
	return slices.ContainsFunc(c.own, begins) || slices.ContainsFunc(c.framework, begins)
}
