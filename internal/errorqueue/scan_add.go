package errorqueue

import (
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/triage"
)

// add counts one message.
func (s *sourceScan) add(m *message.Message) {
	if m.SequenceNumber > s.progress.gaps.seen {
		s.above++
	}
	s.highest = max(s.highest, m.SequenceNumber)
	if m.SequenceNumber>>48 != 0 && s.cursor.watermarked {
		s.partitioned, s.cursor.watermarked = true, false
	}
	into := s.scanned
	if m.SequenceNumber >= s.watermark && s.progress.cursor(s.source).watermarked {
		into = s.newer
		s.reached = s.reached || s.cursor.phase != tail
	}
	if m.State == message.Scheduled { // it has not failed
		return
	}
	f := s.w.Understand(m, s.w.now())
	if f.Ignore {
		return
	}
	s.messages++
	fingerprint := s.w.Rules.Fingerprint(f, s.source)
	if into[fingerprint] == nil && !s.has(fingerprint) {
		if s.groupCount >= triage.MaxGroups {
			fingerprint, f = triage.Overflow(s.source, f)
		} else {
			s.groupCount++
		}
	}
	g := into.Add(fingerprint, f, m)
	if !f.FailedAt.Before(s.since) {
		g.Hour(triage.HourOf(f.FailedAt), 1)
	}
	if !s.source.SubQueue() { // nothing expires in a sub-queue
		g.Expire(m.Expires())
	}
}

// has reports whether a fingerprint is known in the source.
func (s *sourceScan) has(fingerprint string) bool {
	return s.scanned[fingerprint] != nil || s.newer[fingerprint] != nil || s.progress.has(fingerprint)
}

// missing reports whether the full scan, if it ended now, would miss an incident
// that was seen in the source.
func (s *sourceScan) missing() bool {
	entity := s.source.Entity()
	for fingerprint, k := range s.known {
		if _, here := k.Sources[entity]; !here || !k.Alive() || !k.GoneSince.IsZero() || k.Ours {
			continue
		}
		if _, met := s.progress.met[fingerprint]; !met && s.scanned[fingerprint] == nil && s.newer[fingerprint] == nil {
			return true
		}
	}
	return false
}

// size is the approximate size of a message in bytes.
func size(m *message.Message) int {
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
