// Package setting holds what every Config of Busbell has in common: how a
// problem is reported, how a secret is kept from printing, how durations and
// weekly windows are written.
//
// Each package owns a Config and validates it into Problems, each of which
// names a path and, inside a text, an offset. Only the package that read the
// file knows lines and columns; it turns the one into the other. All problems
// are reported at once.
package setting

import "strings"

// A Problem is one thing that is wrong with a setting or with busbell.yaml.
type Problem struct {
	// Path says where: a setting's name, or a path within the Config that
	// reports it, such as "page[1].when". Whoever holds that Config puts its
	// own name in front with [Under].
	Path string

	// Offset counts bytes within the text at Path; 0 is its beginning.
	Offset int

	// What is wrong, and the Cure: what to do about it. Neither holds a
	// secret's value. Cure may be empty where What says it all.
	What, Cure string

	// Warning marks what is worth saying and stops nothing.
	Warning bool
}

// String is the problem in one line, without its place in a file.
func (p Problem) String() string {
	s := p.Path + ": " + p.What
	if p.Cure != "" {
		s += "; " + p.Cure
	}
	return s
}

// Under returns the problems with name put in front of their paths:
// Under("watch", …) makes "watch.page[1].when" of "page[1].when".
func Under(name string, problems []Problem) []Problem {
	out := make([]Problem, 0, len(problems))
	for _, p := range problems {
		switch {
		case p.Path == "":
			p.Path = name
		case strings.HasPrefix(p.Path, "["):
			p.Path = name + p.Path
		default:
			p.Path = name + "." + p.Path
		}
		out = append(out, p)
	}
	return out
}
