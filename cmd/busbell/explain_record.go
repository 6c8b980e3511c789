package main

import (
	"errors"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// A record is a message and what is made of it, as JSON. A fact that the
// message does not carry is null.
type record struct {
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
	Rules            []ruleRecord      `json:"rules"`
	Say              []sayRecord       `json:"say"`
}

// A lying record says where the message lies, too.
type lyingRecord struct {
	record
	Source         string     `json:"source"`
	SequenceNumber int64      `json:"sequenceNumber"`
	Identity       *string    `json:"identity"`
	EnqueuedAt     *time.Time `json:"enqueuedAt"`
}

// A ruleRecord is a rule of busbell.yaml and what it makes of the message.
type ruleRecord struct {
	Rule    string   `json:"rule"`            // "watch.page[0]"
	Name    *string  `json:"name,omitempty"`  // of a feature
	Event   *string  `json:"event,omitempty"` // the type that a feature wants
	When    *string  `json:"when"`            // null is always
	Matches bool     `json:"matches"`
	Counts  bool     `json:"counts"` // it matches, and nothing is before it
	Does    *string  `json:"does"`
	Why     []string `json:"why"` // what it asks for, and what the message has
}

// A sayRecord is one thing that would be said.
type sayRecord struct {
	Channel  string  `json:"channel"`
	To       *string `json:"to"` // null where no configuration says it
	Text     string  `json:"text"`
	Priority *string `json:"priority,omitempty"`
}

// fact is nil for what the message does not carry.
func fact(s string) *string {
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

// record is a failure as JSON: f is as understood, or as it may be shown.
func (v view) record(x errorqueue.Explanation) record {
	f := x.Failure
	if !v.raw {
		f = x.Shown
	}
	r := record{
		Framework: f.Framework, MessageType: fact(f.MessageType), FailingQueue: fact(f.FailingQueue),
		ExceptionType: fact(f.ExceptionType), ExceptionMessage: v.exceptionMessage(f), FirstOwnFrame: fact(f.FirstOwnFrame),
		Handler: fact(f.Handler), Ignore: f.Ignore, Fingerprint: fact(x.Fingerprint),
		Rules: []ruleRecord{}, Say: said(x.Notices),
	}
	if f.Dated {
		r.FailedAt = moment(f.FailedAt)
	}
	for _, rule := range x.Rules {
		r.Rules = append(r.Rules, ruleRecord{
			Rule: rule.Rule, When: fact(rule.When), Matches: rule.Holds, Counts: rule.Holds && rule.WhyNot == "",
			Does: fact(v.mask(rule.Effect)), Why: v.because(rule.Trial, rule.WhyNot),
		})
	}
	return r
}

// exceptionMessage is "" for an exception that has none, and null where there
// is no exception either.
func (v view) exceptionMessage(f failure.Failure) *string {
	if f.ExceptionMessage == "" && (f.Attempts == 0 || f.ExceptionType == "" || v.masker.Hidden() && !v.raw) {
		return nil
	}
	return &f.ExceptionMessage
}

// event is an event as JSON: nothing failed.
func (v view) event(m *message.Message, x feature.Explanation) record {
	r := record{Framework: m.Framework(), Rules: []ruleRecord{}, Say: said(x.Notices)}
	if len(x.Types) > 0 {
		r.MessageType = fact(v.mask(x.Types[0]))
	}
	for _, rule := range x.Rules {
		r.Rules = append(r.Rules, ruleRecord{
			Rule: rule.Rule, Name: fact(rule.Name), Event: fact(rule.Wants), When: fact(rule.When),
			Matches: rule.Typed && rule.Holds, Counts: rule.Typed && rule.Holds, Why: v.whyFeature(rule),
		})
	}
	return r
}

// said is what pages and alerts would say. What goes into their threads is
// left out.
func said(notices []notify.Notice) []sayRecord {
	all := []sayRecord{}
	for _, n := range notices {
		if n.Act == notify.Post {
			all = append(all, sayRecord{Channel: n.Channel, To: fact(n.To), Text: n.Headline.Plain(), Priority: fact(n.Priority)})
		}
	}
	return all
}

// because is what a condition asked the message for, and what it got.
func (v view) because(t condition.Trial, moot string) []string {
	why := []string{}
	if moot != "" {
		why = append(why, moot)
	}
	for _, o := range t.Asked {
		why = append(why, v.operand(o))
	}
	missing := func(o condition.Operand) bool { return o.Missing }
	_, lacks := errors.AsType[*condition.MissingKey](t.Err)
	if said := lacks && slices.ContainsFunc(t.Asked, missing); t.Err != nil && !said {
		why = append(why, t.Err.Error())
	}
	return why
}

func (v view) whyFeature(rule feature.Verdict) []string {
	if !rule.Typed {
		why := "another type"
		if rule.Cure != "" {
			why += "; " + rule.Cure
		}
		return []string{v.mask(why)}
	}
	why := v.because(rule.Trial, "")
	for _, o := range rule.Lacking {
		if line := v.operand(o); !slices.Contains(why, line) {
			why = append(why, line)
		}
	}
	return why
}
