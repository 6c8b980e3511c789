package explain

import (
	"strings"
	"time"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

// A Filter chooses failures. What is empty does not matter.
type Filter struct {
	Fingerprint string
	Type        string    // of the message, with or without its namespace, * allowed
	Queue       string    // in which it failed, * allowed
	ID          string    // its identity, or the broker's id
	Before      time.Time // it failed before
}

// Matches reports whether a failure is chosen.
func (f Filter) Matches(m *message.Message, x Explanation) bool {
	is := x.Failure
	switch {
	case is.Ignore:
		return false
	case f.Fingerprint != "" && x.Fingerprint != f.Fingerprint:
	case f.Type != "" && !setting.Like(f.Type, is.MessageType) && !setting.Like(f.Type, triage.ShortType(is.MessageType, "")):
	case f.Queue != "" && !setting.Like(strings.ToLower(f.Queue), strings.ToLower(is.FailingQueue)):
	case f.ID != "" && f.ID != is.Identity && f.ID != m.ID:
	case !f.Before.IsZero() && !is.FailedAt.Before(f.Before):
	default:
		return true
	}
	return false
}
