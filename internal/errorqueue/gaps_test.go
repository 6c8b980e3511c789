package errorqueue

import (
	"strings"
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
			var g gaps
			now := noon
			for _, p := range tt.passes {
				var above int64
				if p.highest > g.seen {
					above = p.above
				}
				g = g.after(p.highest, above, now)
				now = now.Add(2 * time.Minute)
			}
			if g.unseen != tt.unseen || g.drained() != tt.drained {
				t.Errorf("%d unseen, drained %v; want %d, %v", g.unseen, g.drained(), tt.unseen, tt.drained)
			}
		})
	}
}

func TestGapsAreForgottenAfterAWeek(t *testing.T) {
	g := gaps{seen: 30, passes: 3, unseen: 25, first: noon, last: noon}
	if g = g.after(30, 0, noon.Add(6*24*time.Hour)); !g.drained() {
		t.Error("forgotten after six days")
	}
	if !strings.Contains(g.String(), "25 messages") || !strings.Contains(g.String(), "17 April") {
		t.Errorf("says %q", g)
	}
	if g = g.after(31, 1, noon.Add(8*24*time.Hour)); g.drained() || g.seen != 31 {
		t.Errorf("after eight days: %+v", g)
	}
}
