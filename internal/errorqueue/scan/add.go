package scan

import (
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/triage"
)

// add counts one message.
func (s *Scan) add(m *message.Message) {
	if m.SequenceNumber > s.progress.Gaps.Seen {
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
	f := s.triage.Understand(m, s.now())
	if f.Ignore {
		return
	}
	s.messages++
	fingerprint := s.triage.Rules.Fingerprint(f, s.source)
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
func (s *Scan) has(fingerprint string) bool {
	return s.scanned[fingerprint] != nil || s.newer[fingerprint] != nil || s.progress.has(fingerprint)
}

// missing reports whether the full scan, if it ended now, would miss something
// that was in the source before.
func (s *Scan) missing() bool {
	for _, fingerprint := range s.expected {
		if _, met := s.progress.Met[fingerprint]; !met && s.scanned[fingerprint] == nil && s.newer[fingerprint] == nil {
			return true
		}
	}
	return false
}
