package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack/render"
	"github.com/busbell/busbell/internal/notify/web"
	"github.com/busbell/busbell/internal/setting"
)

// maxReply is how long an answer to a click may be.
const maxReply = 1000

// hooks is where Slack takes the answers to clicks.
const hooks = "hooks.slack.com"

// Reply tells the person who clicked, and nobody else. to is the click's
// Answer: an address out of a request, which is called only where Slack is.
// No token goes there.
func (c *Channel) Reply(ctx context.Context, to setting.Secret, text notify.Text) error {
	u, err := url.Parse(string(to))
	if err != nil || !c.isSlack(u) {
		return errors.New("slack: answer a click: its response_url is not Slack's")
	}
	err = slack.PostWebhookCustomHTTPContext(ctx, u.String(), c.http, &slack.WebhookMessage{
		Text: render.Mrkdwn(text, maxReply), ResponseType: slack.ResponseTypeEphemeral,
	})
	if err != nil {
		return fmt.Errorf("slack: answer a click: %w", web.Cause(err))
	}
	return nil
}

// isSlack reports whether a URL leads to where Slack takes answers, or to
// where SLACK_API_URL says that Slack is.
func (c *Channel) isSlack(u *url.URL) bool {
	configured, err := url.Parse(c.base)
	return u.User == nil && (u.Scheme == "https" && u.Host == hooks ||
		err == nil && u.Host != "" && u.Scheme == configured.Scheme && u.Host == configured.Host)
}
