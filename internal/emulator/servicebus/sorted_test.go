package servicebus

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortedListsStaySorted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s sorted
	held := map[int64]*message{}
	for range 20_000 {
		seq := r.Int64N(3000)
		if m := held[seq]; m != nil {
			if !s.remove(m) || s.remove(m) {
				t.Fatalf("remove %d", seq)
			}
			delete(held, seq)
			continue
		}
		held[seq] = &message{seq: seq}
		s.add(held[seq])
	}
	var got []int64
	for m := range s.from(1500) {
		got = append(got, m.seq)
	}
	var want []int64
	for seq := range held {
		if seq >= 1500 {
			want = append(want, seq)
		}
		if s.get(seq) != held[seq] {
			t.Fatalf("get %d", seq)
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) || s.len() != len(held) || s.get(5000) != nil {
		t.Errorf("%d messages from 1500 on, want %d; %d in all, want %d", len(got), len(want), s.len(), len(held))
	}
	for s.len() > 0 {
		s.remove(s.first())
	}
	if s.first() != nil || len(s.runs) != 0 {
		t.Errorf("%d runs left", len(s.runs))
	}
}
