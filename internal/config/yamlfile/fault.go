package yamlfile

import (
	"cmp"
	"fmt"

	"github.com/busbell/busbell/internal/setting"
)

// A Position is a position in a text. Lines and columns begin at 1; columns count
// characters. The zero Position is unknown.
type Position struct{ Line, Column int }

var start = Position{1, 1}

// A Fault is a problem with its position in a file. The position is zero if the
// file cannot be read.
type Fault struct {
	File string
	Position
	setting.Problem
}

// String is the fault in one line, in the format of compilers, so that editors can
// jump to it.
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
