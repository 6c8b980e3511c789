// Package setting has the types that all Configs of Busbell share: problems,
// secrets that do not print, durations, dates, zones and weekly windows.
//
// Each package has a Config and validates it into Problems. A Problem names a
// path and, inside a text, an offset. The package that reads the file maps paths
// and offsets to lines and columns. All problems are reported at once.
package setting

import "strings"

// A Problem is one mistake in a setting or in busbell.yaml.
type Problem struct {
	// Path is the name of a setting, or a path within the Config that reports
	// the problem, such as "page[1].when". The owner of that Config adds its
	// own name in front with [Under].
	Path string

	// Offset is in bytes within the text at Path.
	Offset int

	// What is wrong, and the Cure: what to do about it. Neither contains the
	// value of a secret. Cure is empty if What is enough.
	What, Cure string

	// Warning marks a problem that does not stop Busbell.
	Warning bool
}

// String is the problem in one line, without its position in a file.
func (p Problem) String() string {
	s := p.Path + ": " + p.What
	if p.Cure != "" {
		s += "; " + p.Cure
	}
	return s
}

// Under returns the problems with name in front of their paths:
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
