package explain

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
)

// A Record is an explanation as it may be seen: as JSON, or as a [Text]. A fact
// that the message does not carry is null.
type Record struct {
	Framework        message.Framework `json:"framework"`
	MessageType      *string           `json:"messageType"`
	FailingQueue     *string           `json:"failingQueue"`
	ExceptionType    *string           `json:"exceptionType"`
	ExceptionMessage *string           `json:"exceptionMessage"`
	FirstOwnFrame    *string           `json:"firstOwnFrame"`
	Handler          *string           `json:"handler"`
	FailedAt         *time.Time        `json:"failedAt"`
	Ignore           bool              `json:"ignore"`
	Fingerprint      *string           `json:"fingerprint"`
	Rules            []Rule            `json:"rules"`
	Say              []Saying          `json:"say"`

	// What only people read.
	failure  failure.Failure // as it may be shown
	why      string          // the message of the cause, or that it is hidden
	fields   []incident.Fact
	body     string
	entity   string
	sequence int64
	count    int // messages like it, this one included
	grounds  []string
	silence  incident.Silence
}

// A Rule is a rule of busbell.yaml and what it makes of the message.
type Rule struct {
	Rule    string   `json:"rule"`            // "watch.page[0]"
	Name    *string  `json:"name,omitempty"`  // of a feature
	Event   *string  `json:"event,omitempty"` // the type that a feature wants
	When    *string  `json:"when"`            // null is always
	Matches bool     `json:"matches"`
	Counts  bool     `json:"counts"` // it matches, and nothing is before it
	Does    *string  `json:"does"`
	Why     []string `json:"why"` // what it asks for, and what the message has
}

// A Saying is one thing that would be said.
type Saying struct {
	Channel  string  `json:"channel"`
	To       *string `json:"to"` // null where no configuration says it
	Text     string  `json:"text"`
	Priority *string `json:"priority,omitempty"`

	state notify.State
}

// A Lying record says where the message lies, too.
type Lying struct {
	Record
	Source         string     `json:"source"`
	SequenceNumber int64      `json:"sequenceNumber"`
	Identity       *string    `json:"identity"`
	EnqueuedAt     *time.Time `json:"enqueuedAt"`
}

// Fact is nil for what a message does not carry.
func Fact(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Record is what may be seen of a failed message, or of the newest of count like
// it.
func (v View) Record(m *message.Message, x Explanation, count int) Record {
	v.body, _ = m.Content()
	f := x.Failure
	if !v.Raw {
		f = x.Shown
	}
	r := Record{
		Framework: f.Framework, MessageType: Fact(f.MessageType), FailingQueue: Fact(f.FailingQueue),
		ExceptionType: Fact(f.ExceptionType), ExceptionMessage: v.exceptionMessage(f), FirstOwnFrame: Fact(f.FirstOwnFrame),
		Handler: Fact(f.Handler), Ignore: f.Ignore, Fingerprint: Fact(x.Fingerprint),
		Rules: []Rule{}, Say: Sayings(x.Notices),
		failure: f, why: why(f), fields: x.Fields, entity: m.Entity, sequence: m.SequenceNumber, count: count,
		grounds: v.grounds(x.Grounds), silence: x.Silence,
	}
	if f.Dated {
		r.FailedAt = moment(f.FailedAt)
	}
	if r.why == "" && why(x.Failure) != "" && v.hidden() {
		r.why = hiddenText
	}
	if m.Unreadable == "" {
		r.body = Body(m)
	}
	for _, rule := range x.Rules {
		r.Rules = append(r.Rules, Rule{
			Rule: rule.Rule, When: Fact(rule.When), Matches: rule.Holds, Counts: rule.Holds && rule.WhyNot == "",
			Does: Fact(v.Mask(rule.Effect)), Why: v.Because(rule.Trial, rule.WhyNot),
		})
	}
	return r
}

// why is the message of the cause.
func why(f failure.Failure) string {
	_, message := f.Cause()
	return cmp.Or(message, f.ExceptionMessage)
}

// Lying is what may be seen of a failed message of a source.
func (v View) Lying(at source.Source, m *message.Message, x Explanation) Lying {
	return Lying{
		Record: v.Record(m, x, 1), Source: at.Label(), SequenceNumber: m.SequenceNumber,
		Identity: Fact(x.Shown.Identity), EnqueuedAt: moment(m.EnqueuedAt),
	}
}

// exceptionMessage is "" for an exception that has none, and null where there
// is no exception either.
func (v View) exceptionMessage(f failure.Failure) *string {
	if f.ExceptionMessage == "" && (f.Attempts == 0 || f.ExceptionType == "" || v.hidden()) {
		return nil
	}
	return &f.ExceptionMessage
}

// grounds are what a fingerprint stands on, a line each.
func (v View) grounds(all []failure.Ground) []string {
	var lines []string
	for _, g := range all {
		value := v.Mask(g.Value)
		switch {
		case g.Value == "":
			value = "(none)"
		case g.Folded && v.hidden():
			value = hiddenText
		case strings.Contains(value, "#") && g.Folded:
			value += "   (# is what differs from case to case)"
		}
		lines = append(lines, fmt.Sprintf("  %-19s%s", g.Name, value))
	}
	return lines
}

// Sayings are what pages and alerts would say. What goes into their threads is
// left out.
func Sayings(notices []notify.Notice) []Saying {
	all := []Saying{}
	for _, n := range notices {
		if n.Act == notify.Post {
			all = append(all, Saying{Channel: n.Channel, To: Fact(n.To), Text: n.Headline.Plain(), Priority: Fact(n.Priority), state: n.State})
		}
	}
	return all
}

// Body describes a body and shows nothing of it.
func Body(m *message.Message) string {
	if len(m.Body) == 0 {
		return "" // nothing to say, or a claim check
	}
	if _, err := m.Event(); err != nil {
		return strings.TrimPrefix(err.Error(), "body is ")
	}
	return fmt.Sprintf("JSON, %d bytes", len(m.Body))
}
