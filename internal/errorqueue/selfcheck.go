package errorqueue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/passlog"
	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A selfCheck finds problems that hide failures. It adds them to the scan results,
// and they become incidents like failures.
type selfCheck struct {
	known         map[string]incident.Stored
	now           time.Time
	masker        *privacy.Masker
	allUnreadable bool // no configured source can be read
}

// busbell is the source of a problem that concerns no source.
var busbell = source.Source{Name: "Busbell"}

// check looks for problems in all scan results of a pass, and returns one more
// result, of Busbell itself.
func (l selfCheck) check(results []*scanResult, last passlog.History) *scanResult {
	named := named(results)
	l.allUnreadable = len(named) > 0 && unreadable(named) == len(named)
	byEntity := map[string]*scanResult{}
	for _, r := range results {
		byEntity[r.Source.Entity()] = r
	}
	for _, r := range results {
		parent := byEntity[r.Source.Queue]
		l.unreadable(r, parent)
		if g := r.Progress.Gaps; g.Drained() {
			l.add(r, incident.Drained, "", drained(g))
		}
		if r.implied && r.Source.DeadLetter && parent != nil && !parent.own {
			l.deadLetters(r, parent)
		}
		if r.own {
			l.waitingMessages(r)
		}
	}
	us := &scanResult{Result: scan.Result{Source: busbell, Complete: true}, implied: true}
	if len(results) > 0 {
		l.late(us, results, last)
	}
	return us
}

// unreadable is the problem of a source that cannot be read. A source that is
// not configured is not mentioned if its parent, or every source, is unreadable.
func (l selfCheck) unreadable(r, parent *scanResult) {
	about := incident.Unreadable
	if r.Source.Pattern() {
		about = incident.Unlisted
	}
	switch {
	case r.Err == nil:
	case errors.Is(r.Err, scan.ErrNoTime), r.implied && (l.allUnreadable || parent != nil && parent != r && parent.Err != nil):
		l.keep(r, about)
	default:
		// The headline names the source; without the name one cause has one text.
		text := r.Err.Error()
		for _, prefix := range []string{"read " + r.Source.Entity() + ": ", "list queues: ", "list topics: "} {
			text = strings.TrimPrefix(text, prefix)
		}
		l.add(r, about, errorKind(r.Err), text)
	}
}

// deadLetters is the problem of an error queue that has dead letters of its own.
func (l selfCheck) deadLetters(r, parent *scanResult) {
	n := 0
	for _, g := range r.Groups {
		n += g.Count
	}
	switch {
	case n > 0:
		l.add(parent, incident.DeadLettering, "", fmt.Sprintf("%d messages lie in its dead-letter queue, %s, and are shown like other failures. "+
			"Something receives from %s without completing, so that delivery counts run out, or messages lived longer than they may: "+
			"let tools peek instead of receive, and raise the queue's MaxDeliveryCount.", n, r.Source.Entity(), parent.Source.Entity()))
	case !r.Complete:
		l.keep(parent, incident.DeadLettering)
	}
}

// waitingMessages is the problem of a queue of our own whose messages are not
// received.
func (l selfCheck) waitingMessages(r *scanResult) {
	switch {
	case r.Err != nil:
		l.keep(r, incident.Waiting)
	case !r.oldest.IsZero() && l.now.Sub(r.oldest) > maxWait:
		l.add(r, incident.Waiting, "", fmt.Sprintf("The oldest has waited since %s, and Busbell should have taken it at once. "+
			"Look at the function app: is the function disabled, is its setting for the queue or for Service Bus wrong, "+
			"or has its identity lost the role \"Azure Service Bus Data Receiver\"?", clock(r.oldest)))
	}
}

// late is the problem of passes that did not run, or had no time for all
// sources.
func (l selfCheck) late(us *scanResult, results []*scanResult, last passlog.History) {
	var missed []string
	for _, r := range results {
		if errors.Is(r.Err, scan.ErrNoTime) {
			missed = append(missed, r.Source.Label())
		}
	}
	gap := l.now.Sub(last.Ended)
	switch {
	case last.Ran && last.Gap > 0 && gap > max(5*last.Gap, maxWait):
		p := l.add(us, incident.Late, "", fmt.Sprintf("The last pass before this one ended at %s, %s ago; %s lay between those before. "+
			"The function did not run, or failed, or could not write to its storage: look at its log for that time.",
			clock(last.Ended), gap.Round(time.Minute), last.Gap.Round(time.Second)))
		p.oldest, p.newest = last.Ended, l.now
	case len(missed) > 0:
		l.add(us, incident.Late, "", fmt.Sprintf("A pass had no time left for %d of %d sources, this time %s. "+
			"They take turns; watch fewer sources in one app, or see why Service Bus answers slowly.",
			len(missed), len(results), strings.Join(missed[:min(len(missed), 5)], ", ")))
	}
}

func clock(t time.Time) string { return t.UTC().Format("2 January 15:04 MST") }

// A problem hides failures from Busbell.
type problem struct {
	fingerprint    string
	kind           incident.Kind
	cause          incident.Cause
	count          int
	oldest, newest time.Time // when it began, and when its cause last changed
}

// observation is the observation of the problem at a source, to be posted to a
// chat. Rules do not apply to it.
func (p problem) observation(at source.Source, chat incident.Target) incident.Observation {
	return incident.Observation{
		Kind: p.kind, Origin: at.Entity(), Newest: p.newest,
		Sources:  map[string]incident.Seen{at.Entity(): {Name: at.Label(), Count: p.count, Oldest: p.oldest}},
		Describe: func(int) incident.Cause { return p.cause },
		Targets:  func() []incident.Target { return []incident.Target{chat} },
	}
}

// add adds a problem with a source. While it lasts its cause stays as it was
// first posted, unless it becomes another class of cause.
func (l selfCheck) add(r *scanResult, kind incident.Kind, class, text string) *problem {
	text = l.masker.Sample(text, triage.MaxMessage)
	p := problem{
		fingerprint: problemFingerprint(kind, r.Source), kind: kind, count: 1, oldest: l.now, newest: l.now,
		cause: incident.Cause{Where: l.masker.Sample(r.Source.Label(), triage.MaxName), Class: class, Text: text, Facts: []incident.Fact{{Name: "Why", Value: text}}},
	}
	switch k := l.known[p.fingerprint]; {
	case k.Alive() && k.Cause.Class == class:
		p.cause, p.oldest, p.newest = k.Cause, k.FirstSeen, k.LastSeen
	case k.Alive():
		p.oldest = k.FirstSeen
	}
	r.problems = append(r.problems, p)
	return &r.problems[len(r.problems)-1]
}

// keep keeps a known problem that this pass could not check.
func (l selfCheck) keep(r *scanResult, kind incident.Kind) {
	if k := l.known[problemFingerprint(kind, r.Source)]; k.Alive() {
		l.add(r, kind, k.Cause.Class, k.Cause.Text)
	}
}

// errorKind returns the kind of an error that an operator can fix.
func errorKind(err error) string {
	for _, kind := range []error{message.ErrMissing, message.ErrForbidden, message.ErrDisabled, message.ErrNeedsSession, message.ErrBusy} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return ""
}

// problemFingerprint is the fingerprint of a problem with a source.
func problemFingerprint(t incident.Kind, source source.Source) string {
	sum := sha256.Sum256([]byte(source.Entity()))
	return string(t) + "-" + hex.EncodeToString(sum[:8])
}

// drained explains skipped sequence numbers and how to fix them.
func drained(g scan.Gaps) string {
	return fmt.Sprintf("In %d passes since %s numbers were skipped: %d messages came and went without being seen here. "+
		"Another tool seems to take them out of the queue; let it look without receiving, or watch the place that it moves them to.",
		g.Passes, clock(g.First), g.Unseen)
}

// badRows returns the problems with unusable rows, one for each partition. They resolve once the copies are deleted.
func (l selfCheck) badRows(bad []ledger.Row[ledger.BadRow], copies string) []*scanResult {
	partitions := map[string][]ledger.Row[ledger.BadRow]{}
	for _, row := range bad {
		partitions[row.Value.Partition] = append(partitions[row.Value.Partition], row)
	}
	var readings []*scanResult
	for _, partition := range slices.Sorted(maps.Keys(partitions)) {
		rows := partitions[partition]
		var names []string
		for _, row := range rows[:min(len(rows), maxBadRowsNamed)] {
			names = append(names, fmt.Sprintf("%s (%s), kept as %s", row.Value.Row, row.Value.Why, row.Key))
		}
		if more := len(rows) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		r := &scanResult{Result: scan.Result{Source: source.Source{Queue: "$ledger/" + partition, Name: partition}, Complete: true}}
		p := l.add(r, incident.BadRow, strconv.Itoa(len(rows)), fmt.Sprintf("Set aside and started empty: %s. What they said is not known any more, "+
			"and failures behind them are told again. See what wrote them; if that was a newer Busbell, deploy it again. "+
			"Then delete what was kept, in the partition %s of the table.", strings.Join(names, "; "), copies))
		p.count = len(rows)
		readings = append(readings, r)
	}
	return readings
}

const maxBadRowsNamed = 3 // of one partition
