package failure

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/busbell/busbell/internal/failure/pattern"
)

// fingerprintVersion stands in front of every fingerprint. Change it with
// the algorithm, so that old incidents are known for what they are.
const fingerprintVersion = "1"

// Fingerprint is the stable key of "the same problem": a hash over failing
// queue, message type, the cause's exception type and first own frame, 18
// characters of which none needs escaping anywhere. entity is where the message
// lies, which counts where the failing queue is unknown. Where the failure names
// no exception or no own frame, the pattern of its message stands in: ids,
// numbers, dates and quoted values do not count. Where an exception wraps the
// cause, that pattern counts too, because wrappers are thrown at one place for
// many causes.
//
// by, if not empty, replaces exception type and frame: the value of a rule
// of the configuration that splits or merges.
func (f Failure) Fingerprint(entity, by string) string {
	key := make([]byte, 0, 512)
	f.stands(entity, by, func(_, value string, folded bool) {
		if folded {
			key = append(pattern.Append(key, value), 0)
		} else {
			key = append(append(key, value...), 0)
		}
	})
	sum := sha256.Sum256(key)
	return fingerprintVersion + "-" + hex.EncodeToString(sum[:8])
}

// A Ground is one of the things that a fingerprint stands on. Folded marks a
// pattern: the text without what differs from case to case.
type Ground struct {
	Name, Value string
	Folded      bool
}

// Grounds are what the fingerprint with the same arguments stands on.
func (f Failure) Grounds(entity, by string) []Ground {
	var all []Ground
	f.stands(entity, by, func(name, value string, folded bool) {
		if folded {
			value = string(pattern.Append(nil, value))
		}
		if name != "" {
			all = append(all, Ground{name, value, folded})
		}
	})
	return all
}

// stands gives what the fingerprint is made of, in order. What has no name
// only keeps the parts apart.
func (f Failure) stands(entity, by string, on func(name, value string, folded bool)) {
	if f.FailingQueue != "" {
		on("failing queue", strings.ToLower(f.FailingQueue), false)
	} else {
		queue, _ := deadLetterParent(entity)
		on("source", strings.ToLower(queue), false)
	}
	on("message type", f.MessageType, false)
	if by != "" {
		on("", "by", false)
		on("by", by, false)
		return
	}
	typ, msg := f.Cause()
	if f.cut && f.InnerType == "" {
		msg = firstWords(msg)
	}
	on("exception type", typ, false)
	on("first own frame", f.FirstOwnFrame, false)
	if typ == "" {
		on("reason", f.Reason, true)
	}
	if typ == "" || f.FirstOwnFrame == "" || f.InnerType != "" {
		on("exception message", msg, true)
	}
}

// maxCutWords is how much of a message counts that a limit has cut: a longer number
// in it moves the cut by a word.
const maxCutWords = 12

// firstWords are the first words of a text whose last one is cut.
func firstWords(text string) string {
	end, words := 0, 0
	for at, c := range text {
		if c == ' ' || c == '\n' {
			if end, words = at, words+1; words == maxCutWords {
				break
			}
		}
	}
	return text[:end]
}
