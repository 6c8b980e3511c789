package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/setting"
)

// slack are the facts about Slack, and about our clock, which is held against
// Slack's.
func (c *checkup) slack(ctx context.Context) []Fact {
	if c.broken("SLACK_BOT_TOKEN", "SLACK_API_URL") {
		return nil
	}
	ch := slack.New(c.Settings.Slack, nil)
	asked := time.Now()
	bearer, err := ch.Bearer(ctx)
	answered := time.Now()
	if err != nil {
		return []Fact{Wrong("slack", err)}
	}
	facts := []Fact{fine("slack", "the token is that of %s in %s", bearer.Name, bearer.Team), c.scopes(bearer), c.buttons()}
	channels := c.Config.Channels()
	joined := make([]Fact, len(channels))
	var all errgroup.Group
	all.SetLimit(4)
	for i, to := range channels {
		all.Go(func() error {
			joined[i] = member(ctx, ch, to)
			return nil
		})
	}
	_ = all.Wait() // each fact holds its own error
	return append(append(facts, joined...), clockFact(bearer.Now, asked, answered))
}

// buttons is whether messages have any. Without them nothing is wrong.
func (c *checkup) buttons() Fact {
	const name = "slack buttons"
	if c.Settings.SigningSecret == "" {
		return Fact{Name: name, OK: true, Detail: "off", Cure: "set SLACK_SIGNING_SECRET to have Acknowledge and Snooze below each message; docs/slack.md has the clicks"}
	}
	return fine(name, "on; whether Slack reaches them only a click tells")
}

// scopes is whether the token allows what is needed.
func (c *checkup) scopes(b slack.Bearer) Fact {
	const name = "slack scopes"
	if b.Scopes == nil {
		return Fact{Name: name, OK: true, Detail: "Slack does not say what the token allows", Cure: "compare the app's scopes with docs/slack-app.yaml"}
	}
	var missing []string
	for _, scope := range slack.Scopes {
		if !slices.Contains(b.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	if missing != nil {
		return Wrong(name, setting.Cure(errors.New("missing: "+strings.Join(missing, ", ")), "add them at api.slack.com/apps, OAuth & Permissions, and install the app again"))
	}
	return fine(name, "all %d that are needed", len(slack.Scopes))
}

// member is whether the bot can speak in a channel.
func member(ctx context.Context, ch *slack.Channel, to string) Fact {
	name := "slack channel " + to
	in, err := ch.Joined(ctx, to)
	switch {
	case errors.Is(err, slack.ErrUnlisted):
		return Fact{Name: name, OK: true, Detail: "Slack lists no channels, so it is not known whether the bot is in it", Cure: "busbell check --send tries the first"}
	case err != nil && errors.Is(err, notify.ErrRejected):
		_, cure, ok := strings.Cut(err.Error(), "of this name; ") // it may know a name that is near
		if !ok {
			cure = "correct its name; if it is private, write /invite @Busbell in it"
		}
		return Wrong(name, setting.Cure(errors.New("the bot sees no such channel"), cure))
	case err != nil:
		return Wrong(name, err)
	case !in:
		return Wrong(name, setting.Cure(errors.New("the bot is not in it"), "write /invite @Busbell in it"))
	}
	return fine(name, "the bot is in it")
}

// How far our clock may be wrong before that is worth a look, and before it is
// a fault: signatures are good for five minutes, Slack's and Azure's alike.
const (
	someSkew = 30 * time.Second
	mostSkew = 2 * time.Minute
)

// clockFact compares our clock, before a question and after its answer, with
// that of the answer, which has whole seconds.
func clockFact(theirs, asked, answered time.Time) Fact {
	const name, cure = "clock", "let the machine set its clock (NTP)"
	if theirs.IsZero() {
		return fine(name, "not looked at: Slack did not say what time it is")
	}
	skew, side := asked.Sub(theirs), "ahead of"
	if behind := theirs.Sub(answered); behind > skew {
		skew, side = behind, "behind"
	}
	switch {
	case skew < someSkew:
		return fine(name, "right within half a minute")
	case skew <= mostSkew:
		return Fact{Name: name, OK: true, Detail: fmt.Sprintf("%s %s Slack's", setting.Duration(skew.Round(time.Second)), side), Cure: cure}
	}
	return Wrong(name, setting.Cure(fmt.Errorf("%s %s Slack's: signatures go wrong with it", setting.Duration(skew.Round(time.Minute)), side), cure))
}

// pager is the fact about OpsGenie or Jira Service Management.
func (c *checkup) pager(ctx context.Context) []Fact {
	const name = "opsgenie"
	switch {
	case c.broken("OPSGENIE_"):
		return nil
	case c.Settings.OpsGenie.Key == "":
		return []Fact{fine(name, "no OPSGENIE_API_KEY: nobody is paged")}
	}
	if err := opsgenie.New(c.Settings.OpsGenie, nil).Check(ctx); err != nil {
		return []Fact{Wrong(name, err)}
	}
	f := fine(name, "the key is taken")
	if f.Cure = c.Settings.OpsGenie.Ends(); f.Cure != "" {
		f.Detail += "; " + opsgenie.End
	}
	return []Fact{f}
}

// helloLasts is how long the alert stays open: it is made some time after it
// was asked for, and cannot be closed before.
const helloLasts = 3 * time.Second

// hello says hello where failures are told, and through the pager.
func (c *checkup) hello(ctx context.Context) []Fact {
	key := "check/" + time.Now().UTC().Format(time.RFC3339Nano)
	n := notify.Notice{
		Key: key, Subject: "check", Act: notify.Post, Reason: "somebody asked for it", State: notify.Resolved,
		Headline: notify.Text{notify.Ours("Hello from Busbell: what fails is told here")},
		Footer:   notify.Text{notify.Foreign(c.Config.Environment), notify.Ours(" · somebody ran busbell check --send")},
	}
	var facts []Fact
	if to := c.Config.Watch.Slack; to.Channel != "" && len(to.Validate()) == 0 && !c.broken("SLACK_BOT_TOKEN", "SLACK_API_URL") {
		n.Channel, n.To = slack.Name, to.Channel
		_, err := slack.New(c.Settings.Slack, nil).Send(ctx, n, notify.Receipt{})
		facts = append(facts, helloFact("hello slack", "said in "+to.Channel, err))
	}
	if c.Settings.OpsGenie.Key != "" && !c.broken("OPSGENIE_") {
		n.Channel, n.To, n.Alias, n.Priority = opsgenie.Name, "", opsgenie.CheckAlias, "P5"
		n.Headline = notify.Text{notify.Ours("Hello from Busbell: this is a test, and closes itself")}
		facts = append(facts, helloFact("hello opsgenie", "an alert was raised and closed", c.page(ctx, n)))
	}
	return facts
}

// page raises an alert and closes it.
func (c *checkup) page(ctx context.Context, n notify.Notice) error {
	ch := opsgenie.New(c.Settings.OpsGenie, nil)
	receipt, err := ch.Send(ctx, n, notify.Receipt{})
	if err != nil {
		return err
	}
	select {
	case <-time.After(helloLasts):
	case <-ctx.Done():
	}
	n.Act, n.Page = notify.Close, n.Key
	_, err = ch.Send(context.WithoutCancel(ctx), n, receipt)
	return err
}

func helloFact(name, said string, err error) Fact {
	if err != nil {
		return Wrong(name, err)
	}
	return fine(name, "%s", said)
}
