package slack

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify/web"
	"github.com/busbell/busbell/internal/setting"
)

// Scopes are the scopes that the bot's token needs.
var Scopes = []string{
	"chat:write", "channels:read", "groups:read", "channels:history", "groups:history",
	"metadata.message:read", "files:write", "usergroups:read",
}

// A Bearer is the bot that a token belongs to.
type Bearer struct {
	Name, Team string
	Scopes     []string  // nil if Slack does not say
	Now        time.Time // by Slack's clock; zero if it does not say
}

// Bearer asks Slack whose the token is and what it allows.
func (c *Channel) Bearer(ctx context.Context) (Bearer, error) {
	is, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return Bearer{}, c.cured(ctx, "auth.test", err)
	}
	b := Bearer{Name: is.User, Team: is.Team}
	for scope := range strings.SplitSeq(is.Header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			b.Scopes = append(b.Scopes, scope)
		}
	}
	if now, err := http.ParseTime(is.Header.Get("Date")); err == nil {
		b.Now = now
	}
	return b, nil
}

// ErrUnlisted reports that channels cannot be listed, so that their ids are unknown: a
// scope is missing.
var ErrUnlisted = errors.New("channels cannot be listed")

// Joined reports whether the bot is in the channel that to names. It returns an error
// if the bot cannot see the channel.
func (c *Channel) Joined(ctx context.Context, to string) (bool, error) {
	id, err := c.Resolve(ctx, to)
	if err != nil {
		return false, err
	}
	if !idPattern.MatchString(id) {
		return false, ErrUnlisted
	}
	is, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return false, c.cured(ctx, "conversations.info", err)
	}
	return is.IsMember, nil
}

// cured is the error of a check, without the token, and how to fix it.
func (f faults) cured(ctx context.Context, call string, err error) error {
	v := classify(ctx, call, err)
	return setting.Cure(errors.New(call+": "+web.Redact(f.token, v.text)), v.cure)
}
