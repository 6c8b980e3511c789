// Package slack sends notices to Slack: a page is one message, updated in
// place; replies go into its thread.
//
// One [Channel.Send] is: find the id of the channel that the notice names,
// make the message, post it once with the notice's key in its metadata, and
// say in the error's kind what the answer means. Nothing is posted twice by
// itself: a second call is made only where Slack refused the first one's form,
// with the headline alone. Whoever does not know whether a message was posted
// asks [Channel.Find], which looks for the key.
//
// What is foreign in a notice can neither format, link, mention nor hide
// anything: it is cut by runes, then escaped, and set in a fixed-width face
// where it holds Slack's formatting characters, which cannot be escaped.
//
// A file goes up in three steps: ask for an address, send it there, show it in
// the thread. Only the last can be seen, and that is found again by the file's
// id, for what Slack posts with a file carries no metadata.
//
// Several Busbells may speak through one app: whose a message is stands in its
// metadata, and whose a button is in its value. A look-up finds only our own.
//
// Clicks come in through [Listener], which trusts nothing but the signature.
//
// The app needs the scopes chat:write, channels:read, groups:read,
// channels:history, groups:history, metadata.message:read and, for files,
// files:write, and must be a member of its channels. What a missing one costs, its error says.
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

// Name is what notices call this channel.
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

// New makes a channel of a valid cfg. A nil transport means one of its own.
func New(cfg Config, transport http.RoundTripper) *Channel {
	base, err := baseURL(cfg.BaseURL)
	if err != nil {
		base = "invalid:" // every call fails before it reaches anybody
	}
	token, clock := string(cfg.Token), new(serverClock)
	calls := client(cfg.Timeout, transport, clock)
	api := slack.New(token, slack.OptionAPIURL(base), slack.OptionHTTPClient(calls))
	return &Channel{faults: faults{token}, history: history{api}, api: api, http: calls, base: base, places: newPlaces(), clock: clock}
}

// Send posts a post or a reply, or updates the page; to close a page
// is to update it. The receipt holds the channel's id and the message's ts.
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
