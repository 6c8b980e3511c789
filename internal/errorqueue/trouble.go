package errorqueue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// A lookout finds what kept failures from being seen: problems of our own,
// which are added to the readings and told like the others.
type lookout struct {
	known map[string]incident.Kept
	now   time.Time
	dark  bool // no place that is named can be read
}

// ourselves is where a trouble is that is about no source.
var ourselves = Place{Name: "Busbell"}

// over looks at all readings of a pass, and returns one more, of ourselves.
func (l lookout) over(readings []*reading, last history) *reading {
	named := asked(readings)
	l.dark = len(named) > 0 && blind(named) == len(named)
	byEntity := map[string]*reading{}
	for _, r := range readings {
		byEntity[r.place.Entity()] = r
	}
	for _, r := range readings {
		parent := byEntity[r.place.Queue]
		l.unreadable(r, parent)
		if g := r.progress.gaps; g.drained() {
			l.trouble(r, incident.Drained, "", g.String())
		}
		if r.unasked && r.place.DeadLetter && parent != nil && !parent.waits {
			l.deadLetters(r, parent)
		}
		if r.waits {
			l.waiting(r)
		}
	}
	us := &reading{place: ourselves, unasked: true, complete: true}
	if len(readings) > 0 {
		l.late(us, readings, last)
	}
	return us
}

// unreadable is the trouble of a place that cannot be read. One that nobody
// named is not mentioned beside its parent, nor where nothing can be read.
func (l lookout) unreadable(r, parent *reading) {
	about := incident.Unreadable
	if r.place.Pattern() {
		about = incident.Unlisted
	}
	switch {
	case r.err == nil:
	case errors.Is(r.err, errNoTime), r.unasked && (l.dark || parent != nil && parent != r && parent.err != nil):
		l.still(r, about)
	default:
		// The headline names the place; without it one cause is one text.
		text := r.err.Error()
		for _, prefix := range []string{"read " + r.place.Entity() + ": ", "list queues: ", "list topics: "} {
			text = strings.TrimPrefix(text, prefix)
		}
		l.trouble(r, about, kindOf(r.err), text)
	}
}

// deadLetters is the trouble of a queue for failures that has dead letters
// which nobody asked for.
func (l lookout) deadLetters(r, parent *reading) {
	n := 0
	for _, g := range r.groups {
		n += g.count
	}
	switch {
	case n > 0:
		l.trouble(parent, incident.DeadLettering, "", fmt.Sprintf("%d messages lie in its dead-letter queue, %s, and are shown like other failures. "+
			"Something receives from %s without completing, so that delivery counts run out, or messages lived longer than they may: "+
			"let tools peek instead of receive, and raise the queue's MaxDeliveryCount.", n, r.place.Entity(), parent.place.Entity()))
	case !r.complete:
		l.still(parent, incident.DeadLettering)
	}
}

// waiting is the trouble of a queue of our own whose messages nobody takes.
func (l lookout) waiting(r *reading) {
	switch {
	case r.err != nil:
		l.still(r, incident.Waiting)
	case !r.waiting.IsZero() && l.now.Sub(r.waiting) > waitsLong:
		l.trouble(r, incident.Waiting, "", fmt.Sprintf("The oldest has waited since %s, and Busbell should have taken it at once. "+
			"Look at the function app: is the function disabled, is its setting for the queue or for Service Bus wrong, "+
			"or has its identity lost the role \"Azure Service Bus Data Receiver\"?", clock(r.waiting)))
	}
}

// late is our own trouble: passes that did not come, or did not get round.
func (l lookout) late(us *reading, readings []*reading, last history) {
	var missed []string
	for _, r := range readings {
		if errors.Is(r.err, errNoTime) {
			missed = append(missed, r.place.Label())
		}
	}
	gap := l.now.Sub(last.ended)
	switch {
	case last.Ran && last.Gap > 0 && gap > max(5*last.Gap, waitsLong):
		g := l.trouble(us, incident.Late, "", fmt.Sprintf("The last pass before this one ended at %s, %s ago; %s lay between those before. "+
			"The function did not run, or failed, or could not write to its storage: look at its log for that time.",
			clock(last.ended), gap.Round(time.Minute), last.Gap.Round(time.Second)))
		g.oldest, g.newest = last.ended, l.now
	case len(missed) > 0:
		l.trouble(us, incident.Late, "", fmt.Sprintf("A pass had no time left for %d of %d sources, this time %s. "+
			"They take turns; watch fewer sources in one app, or see why Service Bus answers slowly.",
			len(missed), len(readings), strings.Join(missed[:min(len(missed), 5)], ", ")))
	}
}

func clock(t time.Time) string { return t.UTC().Format("2 January 15:04 MST") }

// trouble adds one about a place. While it lasts its cause stays as it was
// told, however it is worded now, unless it is another kind of cause.
func (l lookout) trouble(r *reading, t incident.Trouble, kind, cause string) *group {
	g := &group{
		fingerprint: troubleFingerprint(t, r.place), tally: tally{count: 1}, trouble: t,
		failure: failure.Failure{FailingQueue: r.place.Label(), ExceptionMessage: cause, Reason: kind},
	}
	switch k := l.known[g.fingerprint]; {
	case k.Alive() && k.Failure.Reason == kind:
		g.failure = k.Failure
	case k.Alive():
		g.oldest, g.newest = k.FirstSeen, l.now
	}
	r.troubles = append(r.troubles, g)
	return g
}

// still keeps a trouble of which this pass learned nothing new.
func (l lookout) still(r *reading, t incident.Trouble) {
	if k := l.known[troubleFingerprint(t, r.place)]; k.Alive() {
		l.trouble(r, t, k.Failure.Reason, k.Failure.ExceptionMessage)
	}
}

// kindOf names the kind of an error that somebody can do something about.
func kindOf(err error) string {
	for _, kind := range []error{message.ErrMissing, message.ErrForbidden, message.ErrDisabled, message.ErrNeedsSession, message.ErrBusy} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return ""
}

// troubleFingerprint is the key of a trouble with a place.
func troubleFingerprint(t incident.Trouble, place Place) string {
	sum := sha256.Sum256([]byte(place.Entity()))
	return string(t) + "-" + hex.EncodeToString(sum[:8])
}
