// Package slack sends notices to Slack: a page is one message, updated in
// place; replies go into its thread.
//
// [Channel.Send] finds the id of the channel that the notice names, renders the
// message, and posts it once with the key of the notice in its metadata. The kind
// of an error says what the answer means. Send never retries, except with the
// headline alone if Slack refuses the form of the message. After an unknown outcome
// [Channel.Find] searches for the key.
//
// Foreign text cannot format, link, mention or hide anything: it is cut by runes,
// then escaped. Text with Slack's formatting characters, which cannot be escaped, is
// shown in a fixed-width font.
//
// A file is sent in three steps: get an address, upload the file, share it in the
// thread. Only the last step is visible. It is found again by the id of the file,
// because a message with a file has no metadata.
//
// Several Busbells may use one app: the metadata of a message and the value of a
// button say whose they are, and Find finds only our own messages.
//
// [Listener] reads clicks and trusts only the signature.
//
// The app needs the scopes chat:write, channels:read, groups:read,
// channels:history, groups:history, metadata.message:read and, for files,
// files:write, and must be a member of its channels. The error of a missing scope names
// it.
package slack

import (
	"context"
	"fmt"
	"net/http"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
)

var (
	_ notify.Channel  = (*Channel)(nil)
	_ notify.Resolver = (*Channel)(nil)
	_ notify.Uploader = (*Channel)(nil)
)

// Name is the name of this channel in notices.
const Name = "slack"

// A Channel sends notices to one Slack workspace. It is safe for concurrent use.
type Channel struct {
	faults
	api     *slack.Client
	history history
	http    *http.Client
	base    string
	places  *places
	clock   *serverClock
}

// New returns a channel for a valid cfg. With a nil transport it has its own.
func New(cfg Config, transport http.RoundTripper) *Channel {
	base, err := baseURL(cfg.BaseURL)
	if err != nil {
		base = "invalid:" // every call fails before it is sent
	}
	token, clock := string(cfg.Token), new(serverClock)
	calls := client(cfg.Timeout, transport, clock)
	api := slack.New(token, slack.OptionAPIURL(base), slack.OptionHTTPClient(calls))
	return &Channel{faults: faults{token}, history: history{api}, api: api, http: calls, base: base, places: newPlaces(), clock: clock}
}

// Send posts a message or a reply, or updates the page; closing a page is an update.
// The receipt has the id of the channel and the ts of the message.
func (c *Channel) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return notify.Receipt{}, fmt.Errorf("slack %s: %w: %w", n.To, notify.ErrNotSent, err)
	}
	if n.Act == notify.Post {
		return c.postPage(ctx, n, page.Destination)
	}
	if page.Destination == "" || page.ID == "" {
		return notify.Receipt{}, fmt.Errorf("slack %s: %w: %s without a page", n.To, notify.ErrRejected, n.Act)
	}
	switch n.Act {
	case notify.Reply:
		return c.reply(ctx, n, page)
	case notify.Update, notify.Close:
		return c.update(ctx, n, page)
	}
	return notify.Receipt{}, fmt.Errorf("slack %s: %w: unknown act %q", n.To, notify.ErrRejected, n.Act)
}
