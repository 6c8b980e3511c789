package errorqueue

import (
	"github.com/busbell/busbell/internal/message"
)

// take counts one message.
func (s *survey) take(m *message.Message) {
	if m.SequenceNumber > s.progress.gaps.seen {
		s.above++
	}
	s.highest = max(s.highest, m.SequenceNumber)
	if m.SequenceNumber>>48 != 0 && s.course.marked {
		s.spread, s.course.marked = true, false
	}
	into := s.called
	if m.SequenceNumber >= s.mark && s.progress.course(s.place).marked {
		into = s.fresh
		s.reached = s.reached || s.course.stage != catchingUp
	}
	if m.State == message.Scheduled { // it has not failed
		return
	}
	f := s.w.understand(m)
	if f.Ignore {
		return
	}
	s.messages++
	fingerprint := s.w.Rules.fingerprint(f, s.place)
	if into[fingerprint] == nil && !s.has(fingerprint) {
		if s.kinds >= mostGroups {
			fingerprint, f = others(s.place, f)
		} else {
			s.kinds++
		}
	}
	g := into.add(fingerprint, f, m)
	if !f.FailedAt.Before(s.since) {
		g.hour(hourOf(f.FailedAt), 1)
	}
	if !s.place.subQueue() { // nothing expires in a sub-queue
		g.end(m.Expires())
	}
}

// has reports whether a problem is known in the place.
func (s *survey) has(fingerprint string) bool {
	return s.called[fingerprint] != nil || s.fresh[fingerprint] != nil || s.progress.has(fingerprint)
}

// missing reports whether the roll call, were it over, would miss a problem
// that was seen in the place.
func (s *survey) missing() bool {
	entity := s.place.Entity()
	for fingerprint, k := range s.known {
		if _, here := k.Sources[entity]; !here || !k.Alive() || !k.GoneSince.IsZero() || k.Blind {
			continue
		}
		if _, met := s.progress.met[fingerprint]; !met && s.called[fingerprint] == nil && s.fresh[fingerprint] == nil {
			return true
		}
	}
	return false
}

// weight is about how many bytes a message has.
func weight(m *message.Message) int {
	n := len(m.Body)
	for name, v := range m.Properties {
		n += len(name)
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		default:
			n += 8
		}
	}
	return n
}
