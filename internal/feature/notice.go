package feature

import (
	"cmp"
	"context"
	"regexp"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/notify"
)

// milestone is the notice about one event that a rule posts.
func (f *Flow) milestone(ctx context.Context, r *rule, vars *condition.EventVars, event string) notify.Notice {
	said := *vars
	said.Message.Type = cmp.Or(vars.Message.Type, "an event without a type")
	parts, missing := r.say.Parts(&said)
	for _, err := range missing {
		f.Log.WarnContext(ctx, "a placeholder has no value", "feature", r.name, "err", err)
	}
	subject := "milestone/" + r.name + "/" + event
	n := notify.Notice{
		Key: subject + "@slack:" + r.slack.Channel, Channel: "slack", To: r.slack.Channel, Mention: r.slack.Mention,
		Act: notify.Post, Subject: subject, Reason: r.name, State: notify.Milestone, Version: 1,
		Footer: notify.Text{
			notify.Foreign(r.name), notify.Ours(" · "), notify.Code(said.Message.Type), notify.Ours(" · "), notify.Foreign(f.Environment),
		},
	}
	for _, p := range parts {
		if p.Foreign {
			n.Headline = append(n.Headline, notify.Foreign(f.masked(p)))
		} else {
			n.Headline = append(n.Headline, notify.Ours(p.Text))
		}
	}
	if at := vars.Message.EnqueuedAt; !at.IsZero() {
		n.Footer = append(n.Footer, notify.Ours(" · "), notify.At(at.Unix()))
	}
	return n
}

// maxValue limits the value of a placeholder in a notice, in bytes.
const maxValue = 500

// A field is a placeholder that is a field of the body and nothing else.
var field = regexp.MustCompile(`^\s*event(?:\.\w+|\[\d+\]|\["\w+"\]|\['\w+'\])*(?:\.(\w+)|\["(\w+)"\]|\['(\w+)'\])\s*$`)

// masked is a placeholder's value as it may be shown. A field that the
// configuration names under privacy.show is shown as it is, secrets excepted,
// but not what an expression makes of it and others.
func (f *Flow) masked(p condition.Part) string {
	if found := field.FindStringSubmatch(p.Expr); found != nil && !p.Missing {
		return f.Masker.Field(found[1]+found[2]+found[3], p.Text, maxValue)
	}
	return f.Masker.Sample(p.Text, maxValue)
}
