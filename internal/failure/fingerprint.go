package failure

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// fingerprintVersion stands in front of every fingerprint. Change it with
// the algorithm, so that old incidents are known for what they are.
const fingerprintVersion = "1"

// Fingerprint is the stable key of "the same problem": a hash over failing
// queue, message type, exception type and first own frame, 18 characters of
// which none needs escaping anywhere. entity is where the message lies, which
// counts where the failing queue is unknown. Where the failure names no
// exception or no own frame, the pattern of its message stands in: ids,
// numbers, dates and quoted values do not count.
//
// by, if not empty, replaces exception type and frame: the value of a rule
// of the configuration that splits or merges.
func (f Failure) Fingerprint(entity, by string) string {
	queue := f.FailingQueue
	if queue == "" {
		queue, _ = deadLetterParent(entity)
	}
	key := make([]byte, 0, 512)
	add := func(s string) { key = append(append(key, s...), 0) }
	add(strings.ToLower(queue))
	add(f.MessageType)
	if by != "" {
		add("by")
		add(by)
	} else {
		add(f.ExceptionType)
		add(f.FirstOwnFrame)
		if f.ExceptionType == "" {
			key = append(fold(key, f.Reason), 0)
		}
		if f.ExceptionType == "" || f.FirstOwnFrame == "" {
			key = append(fold(key, f.ExceptionMessage), 0)
		}
	}
	sum := sha256.Sum256(key)
	return fingerprintVersion + "-" + hex.EncodeToString(sum[:8])
}
