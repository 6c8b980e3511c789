package scan

import (
	"testing"

	"github.com/busbell/busbell/internal/triage"
)

func TestCourse(t *testing.T) {
	ended := func(at int64) pollResult { return pollResult{next: at, messages: 1, ended: true} }
	doubtful := func(at int64) pollResult { return pollResult{next: at, messages: 1, ended: true, missing: true} }
	full := func(at int64) pollResult { return pollResult{next: at, messages: 10, full: true} }
	cut := func(at int64) pollResult { return pollResult{next: at, messages: 5} }
	nothing := func(at int64) pollResult { return pollResult{next: at, ended: true, missing: true} }

	ordinary, unmarked := cursor{watermarked: true}, cursor{}
	deep := cursor{watermarked: true, next: 20, watermark: 100}
	for _, tt := range []struct {
		name  string
		begin cursor
		looks []pollResult
		want  cursor
	}{
		{"read whole", ordinary, []pollResult{ended(7)}, cursor{phase: finished, watermarked: true, next: 7, complete: true}},
		{"read whole, no mark", unmarked, []pollResult{ended(7)}, cursor{phase: finished, next: 7, complete: true}},
		{
			"deep and new: on as long as there is time", ordinary,
			[]pollResult{full(10), full(20), ended(25)},
			cursor{phase: finished, watermarked: true, next: 25, complete: true},
		},
		{
			"deep and new, cut off", ordinary,
			[]pollResult{full(10), cut(15)},
			cursor{phase: finished, watermarked: true, next: 15, late: true},
		},
		{"deep without a mark: a stretch", unmarked, []pollResult{full(10)}, cursor{phase: finished, next: 10, late: true}},
		{
			"deep with a mark: a stretch, then what is new", deep,
			[]pollResult{full(30), ended(104)},
			cursor{phase: finished, watermarked: true, next: 30, watermark: 104},
		},
		{
			"more news than one look takes", deep,
			[]pollResult{full(30), full(110), ended(113)},
			cursor{phase: finished, watermarked: true, next: 30, watermark: 113},
		},
		{
			"news cut off", deep,
			[]pollResult{full(30), full(110), cut(115)},
			cursor{phase: finished, watermarked: true, next: 30, watermark: 115, late: true},
		},
		{
			"the roll call comes to the news",
			cursor{watermarked: true, next: 95, watermark: 100},
			[]pollResult{full(105), ended(108)},
			cursor{phase: finished, watermarked: true, next: 108, watermark: 100, complete: true},
		},
		{
			"an end that misses something is looked at again", ordinary,
			[]pollResult{doubtful(7), nothing(7)},
			cursor{phase: finished, watermarked: true, next: 7, doubts: 1, complete: true},
		},
		{
			"an outage is seen through", ordinary,
			[]pollResult{nothing(0), ended(7)},
			cursor{phase: finished, watermarked: true, next: 7, doubts: 1, complete: true},
		},
		{
			"an end that is never sure", ordinary,
			[]pollResult{doubtful(3), doubtful(4), doubtful(5), doubtful(6)},
			cursor{phase: finished, watermarked: true, next: 6, doubts: 3},
		},
		{
			"behind an outage lies more", unmarked,
			[]pollResult{nothing(0), full(10)},
			cursor{phase: finished, next: 10, doubts: 1, late: true},
		},
		{"cut off at once", unmarked, []pollResult{cut(0)}, cursor{phase: finished, late: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.begin
			for i, g := range tt.looks {
				if c.phase == finished {
					t.Fatalf("over after %d looks", i)
				}
				c.after(g)
			}
			if c != tt.want {
				t.Errorf("course is %+v, want %+v", c, tt.want)
			}
		})
	}
}

func TestALookBeginsWhereItsStageIs(t *testing.T) {
	for stage, want := range map[phase]int64{fullScan: 20, confirm: 20, tail: 100} {
		c := cursor{phase: stage, next: 20, watermark: 100, watermarked: true}
		if got := c.from(); got != want {
			t.Errorf("stage %d begins at %d, want %d", stage, got, want)
		}
	}
}

func TestProgress(t *testing.T) {
	counted := func(n int) triage.Groups {
		if n == 0 {
			return triage.Groups{}
		}
		return triage.Groups{"x": {Fingerprint: "x", Tally: triage.Tally{Count: n}}}
	}
	tallied := func(n int) map[string]triage.Tally { return map[string]triage.Tally{"x": {Count: n}} }
	for _, tt := range []struct {
		name          string
		was           Progress
		course        cursor
		called, fresh int
		reached       bool
		next, mark    int64
		there         int // of x, after the pass
	}{
		{"whole", Progress{}, cursor{watermarked: true, next: 7, complete: true}, 0, 6, true, 0, 7, 6},
		{"whole without a mark", Progress{}, cursor{next: 7, complete: true}, 6, 0, false, 0, 0, 6},
		{"first stretch of a new place", Progress{}, cursor{watermarked: true, next: 15}, 0, 14, true, 15, 15, 14},
		{
			"goes on where it was cut off",
			Progress{Next: 15, Watermark: 15, Met: tallied(14), Known: tallied(14)},
			cursor{watermarked: true, next: 25, watermark: 15},
			0, 10, true, 25, 25, 24,
		},
		{
			"a stretch of what is known, and news",
			Progress{Watermark: 100, Known: tallied(90)},
			cursor{watermarked: true, next: 30, watermark: 104},
			10, 4, false, 30, 104, 94,
		},
		{
			"the stretch counts nothing twice",
			Progress{Next: 30, Watermark: 104, Met: tallied(10), Known: tallied(94)},
			cursor{watermarked: true, next: 60, watermark: 104},
			30, 0, false, 60, 104, 94,
		},
		{
			"the end of a roll call counts anew",
			Progress{Next: 60, Watermark: 104, Met: tallied(40), Known: tallied(94)},
			cursor{watermarked: true, next: 110, watermark: 104, complete: true},
			20, 2, true, 0, 110, 62,
		},
		{
			"nothing is left",
			Progress{Next: 60, Watermark: 104, Known: tallied(94)},
			cursor{watermarked: true, next: 60, watermark: 104, complete: true},
			0, 0, false, 0, 60, 0,
		},
		{
			"without a mark: never less than was known",
			Progress{Next: 30, Met: tallied(10), Known: tallied(94)},
			cursor{next: 60},
			30, 0, false, 60, 0, 94,
		},
		{
			"without a mark: more than was known",
			Progress{Next: 30, Met: tallied(90), Known: tallied(94)},
			cursor{next: 60},
			30, 0, false, 60, 0, 120,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.was
			p.advance(tt.course, counted(tt.called), counted(tt.fresh), tt.reached)
			if p.Next != tt.next || p.Watermark != tt.mark {
				t.Errorf("next %d, mark %d; want %d, %d", p.Next, p.Watermark, tt.next, tt.mark)
			}
			if got := p.present()["x"].Count; got != tt.there {
				t.Errorf("%d are there, want %d", got, tt.there)
			}
		})
	}
}
