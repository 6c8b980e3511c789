package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	subjectPrefix = "incident/"
	digestPrefix  = "digest/"
)

// A Target is where an incident is shown: a place in a channel.
type Target struct {
	Channel string `json:"channel"`
	To      string `json:"to,omitempty"`
	Mention string `json:"mention,omitempty"` // of broadcasts; from the configuration only
}

func (t Target) String() string { return t.Channel + ":" + t.To }

// Place is the target without its mention.
func (t Target) Place() Target { return Target{Channel: t.Channel, To: t.To} }

// Subject names this life of the incident, for notices.
func (i *Incident) Subject() string {
	return subjectPrefix + i.Fingerprint + "/" + strconv.Itoa(i.Generation)
}

// ParseSubject is the life of an incident that a subject names, if it names one.
func ParseSubject(subject string) (fingerprint string, generation int, ok bool) {
	rest, ok := strings.CutPrefix(subject, subjectPrefix)
	if !ok {
		return "", 0, false
	}
	fingerprint, number, ok := strings.Cut(rest, "/")
	if !ok {
		return "", 0, false
	}
	generation, err := strconv.Atoi(number)
	return fingerprint, generation, err == nil
}

// PageKey is the key of the incident's own page at a target.
func (i *Incident) PageKey(to Target) string { return i.Subject() + "@" + to.String() }

// DigestKey is the key of a page that shows many incidents. The occasion says
// why they are shown together, and is the same when that is decided again after
// a crash.
func DigestKey(to Target, occasion ...string) string {
	return digestPrefix + Alias(occasion...) + "@" + to.String()
}

// IsDigest reports whether a subject is the key of a digest.
func IsDigest(subject string) bool { return strings.HasPrefix(subject, digestPrefix) }

// Alias is the pager's key of an alert: a hash, because a pager puts it into
// a path.
func Alias(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "busbell-" + hex.EncodeToString(sum[:16])
}
