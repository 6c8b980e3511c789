package servicebus

import (
	"iter"
	"slices"
	"sort"
)

// runLength is how many messages lie in one run of a sorted list.
const runLength = 256

// A sorted list holds messages in the order of their sequence numbers, in
// runs, so that a million of them are searched and changed at any place
// without moving the rest. The zero value is empty.
type sorted struct {
	runs [][]*message // none empty
	n    int
}

func (s *sorted) len() int { return s.n }

// first returns the message with the lowest number, or nil.
func (s *sorted) first() *message {
	if s.n == 0 {
		return nil
	}
	return s.runs[0][0]
}

// find returns the place of the first message numbered seq or higher.
func (s *sorted) find(seq int64) (run, i int) {
	run = sort.Search(len(s.runs), func(k int) bool {
		r := s.runs[k]
		return r[len(r)-1].seq >= seq
	})
	if run == len(s.runs) {
		return run, 0
	}
	r := s.runs[run]
	return run, sort.Search(len(r), func(k int) bool { return r[k].seq >= seq })
}

// get returns the message with the number, or nil.
func (s *sorted) get(seq int64) *message {
	run, i := s.find(seq)
	if run == len(s.runs) || s.runs[run][i].seq != seq {
		return nil
	}
	return s.runs[run][i]
}

// from yields the messages numbered seq or higher. The list must not change
// meanwhile.
func (s *sorted) from(seq int64) iter.Seq[*message] {
	return func(yield func(*message) bool) {
		run, i := s.find(seq)
		for ; run < len(s.runs); run, i = run+1, 0 {
			for _, m := range s.runs[run][i:] {
				if !yield(m) {
					return
				}
			}
		}
	}
}

// add puts a message in its place; one with its number must not be there.
func (s *sorted) add(m *message) {
	s.n++
	last := len(s.runs) - 1
	if last < 0 || len(s.runs[last]) == runLength && s.runs[last][runLength-1].seq < m.seq {
		s.runs = append(s.runs, append(make([]*message, 0, runLength), m))
		return
	}
	run, i := s.find(m.seq)
	if run > last {
		s.runs[last] = append(s.runs[last], m)
		return
	}
	if r := s.runs[run]; len(r) == runLength {
		upper := append(make([]*message, 0, runLength), r[runLength/2:]...)
		clear(r[runLength/2:])
		s.runs[run] = r[:runLength/2]
		s.runs = slices.Insert(s.runs, run+1, upper)
		if i > runLength/2 {
			run, i = run+1, i-runLength/2
		}
	}
	s.runs[run] = slices.Insert(s.runs[run], i, m)
}

// remove takes a message out and reports whether it was there.
func (s *sorted) remove(m *message) bool {
	run, i := s.find(m.seq)
	if run == len(s.runs) || s.runs[run][i] != m {
		return false
	}
	s.n--
	s.runs[run] = slices.Delete(s.runs[run], i, i+1)
	if len(s.runs[run]) == 0 {
		s.runs = slices.Delete(s.runs, run, run+1)
	}
	return true
}
