package app

import (
	"cmp"
	"fmt"

	"github.com/busbell/busbell/internal/setting"
)

// A Fault is a problem and its place in busbell.yaml. Lines and columns count
// from 1, columns in characters; a file that cannot be read has neither.
type Fault struct {
	File         string
	Line, Column int
	setting.Problem
}

// String is the fault in one line, as compilers write it: an editor's jump
// finds the place.
func (f Fault) String() string {
	at := f.File + ": "
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	}
	if f.Warning {
		at += "warning: "
	}
	if f.Path == "" {
		return at + f.sentence()
	}
	return at + f.Path + ": " + f.sentence()
}

func (f Fault) sentence() string {
	if f.Cure == "" {
		return f.What
	}
	return f.What + "; " + f.Cure
}

func (f Fault) compare(g Fault) int {
	return cmp.Or(cmp.Compare(f.Line, g.Line), cmp.Compare(f.Column, g.Column))
}
