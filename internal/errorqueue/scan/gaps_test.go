package scan

import (
	"testing"
	"time"
)

func TestGaps(t *testing.T) {
	type pass struct{ highest, above int64 }
	for _, tt := range []struct {
		name    string
		passes  []pass
		unseen  int64
		drained bool
	}{
		{"nothing ever", []pass{{}, {}, {}}, 0, false},
		{"the first look proves nothing", []pass{{500, 3}}, 0, false},
		{"one by one", []pass{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 0, false},
		{"handled between passes, all seen", []pass{{3, 3}, {}, {6, 3}, {}}, 0, false},
		{"some came and went", []pass{{1, 1}, {10, 1}}, 8, false},
		{"again and again", []pass{{1, 1}, {10, 1}, {20, 2}, {}, {30, 1}}, 8 + 8 + 9, true},
		{"numbers began anew", []pass{{900, 1}, {3, 3}, {7, 4}, {9, 2}}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var g Gaps
			now := noon
			for _, p := range tt.passes {
				var above int64
				if p.highest > g.Seen {
					above = p.above
				}
				g = g.after(p.highest, above, now)
				now = now.Add(2 * time.Minute)
			}
			if g.Unseen != tt.unseen || g.Drained() != tt.drained {
				t.Errorf("%d unseen, drained %v; want %d, %v", g.Unseen, g.Drained(), tt.unseen, tt.drained)
			}
		})
	}
}

func TestGapsAreForgottenAfterAWeek(t *testing.T) {
	g := Gaps{Seen: 30, Passes: 3, Unseen: 25, First: noon, Last: noon}
	if g = g.after(30, 0, noon.Add(6*24*time.Hour)); !g.Drained() {
		t.Error("forgotten after six days")
	}
	if g = g.after(31, 1, noon.Add(8*24*time.Hour)); g.Drained() || g.Seen != 31 {
		t.Errorf("after eight days: %+v", g)
	}
}
