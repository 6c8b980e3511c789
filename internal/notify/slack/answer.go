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

// maxReply is the longest answer to a click, in runes.
const maxReply = 1000

// hooks is the host to which answers to clicks are sent.
const hooks = "hooks.slack.com"

// Reply shows a text only to the person who clicked. to is the Answer of the click: an
// address from a request, which is called only if it is Slack's. No token is sent.
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

// isSlack reports whether a URL leads to Slack, or to the host of SLACK_API_URL.
func (c *Channel) isSlack(u *url.URL) bool {
	configured, err := url.Parse(c.base)
	return u.User == nil && (u.Scheme == "https" && u.Host == hooks ||
		err == nil && u.Host != "" && u.Scheme == configured.Scheme && u.Host == configured.Host)
}
