package triage

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/source"
)

// Describe describes the newest failure of a group as it may be shown, with the
// links that the rules give it.
func (t *Triage) Describe(g *Group, at source.Source, i condition.Incident) incident.Cause {
	shown := t.Shown(g.Failure)
	c := Cause(shown, g.Fields)
	for _, one := range g.Samples {
		c.Samples = append(c.Samples, incident.Sample{
			Source: at.Label(), SequenceNumber: one.SequenceNumber, Identity: t.Masker.Sample(one.Identity, MaxName),
		})
	}
	c.Links = t.Rules.Addresses(Vars(shown, at, i)) // of masked values, because they leave the system
	return c
}

// Cause is a failure as its incident shows it, with values of the message's body.
// The failure is masked.
func Cause(f failure.Failure, fields []incident.Fact) incident.Cause {
	typ, text := f.Cause()
	c := incident.Cause{
		What: ShortType(f.MessageType, ""), Where: f.FailingQueue, Class: ShortType(typ, f.Reason),
		Text: cmp.Or(text, f.ExceptionMessage, f.Reason), Trace: f.Trace, TraceID: f.TraceID,
	}
	for _, fact := range []incident.Fact{
		{Name: "Message", Value: f.MessageType},
		{Name: "Queue", Value: f.FailingQueue},
		{Name: "Exception", Value: f.ExceptionType},
		{Name: "Cause", Value: f.InnerType},
		{Name: "Why", Value: c.Text},
		{Name: "Note", Value: f.Remark},
		{Name: "Our code", Value: f.FirstOwnFrame, Code: true},
		{Name: "Handler", Value: f.Handler, Code: true},
		{Name: "Attempts", Value: attempts(f)},
	} {
		if fact.Value != "" {
			c.Facts = append(c.Facts, fact)
		}
	}
	c.Facts = append(c.Facts, fields...)
	f.Trace = ""
	c.Evidence, _ = json.Marshal(f) // texts, and a time that can be
	return c
}

// attempts are how often it was tried, if that is worth a word.
func attempts(f failure.Failure) string {
	if f.Attempts < 2 {
		return ""
	}
	return strconv.Itoa(f.Attempts)
}

// FailureOf is the failure that a cause was made of, masked and cut.
func FailureOf(c incident.Cause) (f failure.Failure) {
	_ = json.Unmarshal(c.Evidence, &f) // what is not there says nothing
	f.Trace = c.Trace
	return f
}

// ShortType is a full type name without its namespace, type arguments
// likewise left out; otherwise is for a name that is empty. A name that is not
// written as types are ("shop.order.placed") has no namespace.
func ShortType(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	name, _, _ = strings.Cut(name, "[[")
	short := name[strings.LastIndexAny(name, ".+")+1:]
	if first, _ := utf8.DecodeRuneInString(short); unicode.IsUpper(first) {
		return short
	}
	return name
}
