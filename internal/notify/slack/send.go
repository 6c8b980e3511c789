package slack

import (
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack/render"
)

// The metadata of our messages: the key of the notice, and the id of its ledger. The
// environment is for people.
const (
	eventType        = "busbell_notice"
	keyField         = "key"
	ledgerField      = "ledger"
	environmentField = "environment"
)

// postPage posts to the channel with an id, or to the one that the notice names.
func (c *Channel) postPage(ctx context.Context, n notify.Notice, place string) (notify.Receipt, error) {
	if place == "" {
		var err error
		if place, err = c.Resolve(ctx, n.To); err != nil {
			return notify.Receipt{}, err
		}
	}
	r, _, err := c.post(ctx, n, cmp.Or(place, "#"+nameOf(n.To)))
	switch {
	case errors.Is(err, notify.ErrRejected):
		c.places.forget(n.To)
	case err == nil:
		c.places.learn(n.To, r.Destination)
	}
	return r, err
}

// reply posts in the thread of page, or shows a file there. If the page was deleted,
// Slack posts the reply in the channel instead of refusing it; that message is deleted.
func (c *Channel) reply(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if n.File != nil && n.File.ID != "" {
		return c.share(ctx, n, page)
	}
	in := []slack.MsgOption{slack.MsgOptionTS(page.ID)}
	if n.Broadcast {
		in = append(in, slack.MsgOptionBroadcast())
	}
	r, posted, err := c.post(ctx, n, page.Destination, in...)
	if err != nil || posted.Timestamp != r.ID || posted.ThreadTimestamp != "" {
		return r, err
	}
	if _, _, err := c.api.DeleteMessageContext(ctx, r.Destination, r.ID); err != nil {
		return r, nil // it stays in the channel, where people see it too
	}
	return notify.Receipt{}, fmt.Errorf("slack %s: %w: the message of this thread was deleted", n.To, notify.ErrGone)
}

// update replaces what the page shows by n. It sends text, blocks and attachments,
// because Slack keeps what an update omits.
func (c *Channel) update(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	err := eachForm(n, func(m render.Message) error {
		opts := append(m.Options(), slack.MsgOptionBlocks(), mark(n))
		_, ts, _, err := c.api.UpdateMessageContext(ctx, page.Destination, page.ID, opts...)
		return c.outcome(ctx, "chat.update", n.To, ts, err)
	})
	if errors.Is(err, errForm) { // not even the plain form
		err = fmt.Errorf("%w: %s", notify.ErrUneditable, err.Error())
	}
	if err != nil {
		return notify.Receipt{}, err
	}
	return page, nil
}

// post posts once, and also returns the message as Slack has stored it.
func (c *Channel) post(ctx context.Context, n notify.Notice, place string, in ...slack.MsgOption) (r notify.Receipt, m slack.Message, err error) {
	err = eachForm(n, func(form render.Message) error {
		opts := append(form.Options(), mark(n), c.msgID(n))
		var id, ts string
		var callErr error
		id, ts, m, callErr = c.api.PostMessageWithResponseContext(ctx, place, append(opts, in...)...)
		if id == "" {
			id = place
		}
		r = notify.Receipt{Destination: id, ID: ts}
		return c.outcome(ctx, "chat.postMessage", n.To, ts, callErr)
	})
	if err != nil {
		return notify.Receipt{}, slack.Message{}, err
	}
	return r, m, nil
}

// eachForm sends n with blocks and, if Slack refuses that form, as plain text. A
// refusal is definite, so nothing is posted twice.
func eachForm(n notify.Notice, send func(render.Message) error) error {
	m := render.Notice(n)
	err := send(m)
	if errors.Is(err, errForm) {
		err = send(m.Plain())
	}
	return err
}

// mark puts the key of the post or reply into the metadata. An update keeps the key of
// its page, so that the page can still be found.
func mark(n notify.Notice) slack.MsgOption {
	key := n.Key
	if n.Act != notify.Post && n.Act != notify.Reply {
		key = n.Page
	}
	return slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: eventType,
		EventPayload: map[string]any{
			keyField: metaKey(key), ledgerField: n.Origin.Ledger, environmentField: n.Origin.Environment,
		},
	})
}

// metaKey keeps the metadata small, because its limit is not documented.
func metaKey(key string) string {
	if len(key) <= 200 {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// msgID also sends the key as the client_msg_id that Slack's own clients use. Slack may
// recognise a repetition by it; nothing here relies on that.
func (c *Channel) msgID(n notify.Notice) slack.MsgOption {
	return slack.UnsafeMsgOptionEndpoint(c.base+"chat.postMessage", func(v url.Values) {
		name := n.Origin.Ledger + "\x00" + n.Key
		if n.Repost > 0 { // the first one was deleted, or never arrived
			name += "\x00" + strconv.Itoa(n.Repost)
		}
		v.Set("client_msg_id", uuid(name))
	})
}

// uuid is the version 5 UUID of name in our own namespace.
func uuid(name string) string {
	sum := sha1.Sum([]byte("busbell notice\x00" + name))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
