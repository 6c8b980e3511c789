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

// What marks our messages in their metadata: the notice's key and the ledger
// that knows it. The environment is for people.
const (
	eventType        = "busbell_notice"
	keyField         = "key"
	ledgerField      = "ledger"
	environmentField = "environment"
)

// postPage posts to the channel given, or to the one that the notice names.
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

// reply posts into the thread of page, or shows a file there. Slack puts a reply to a deleted
// message into the channel instead of refusing it: that stray is taken back.
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
		return r, nil // it stands in the channel: said, if not where it should be
	}
	return notify.Receipt{}, fmt.Errorf("slack %s: %w: the message of this thread was deleted", n.To, notify.ErrGone)
}

// update shows n in place of what the page showed. All three of text, blocks
// and attachments are sent, because Slack keeps those that an update leaves out.
func (c *Channel) update(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	err := eachForm(n, func(m render.Message) error {
		opts := append(m.Options(), slack.MsgOptionBlocks(), mark(n))
		_, ts, _, err := c.api.UpdateMessageContext(ctx, page.Destination, page.ID, opts...)
		return c.outcome(ctx, "chat.update", n.To, ts, err)
	})
	if errors.Is(err, errForm) { // not even plainly
		err = fmt.Errorf("%w: %s", notify.ErrUneditable, err.Error())
	}
	if err != nil {
		return notify.Receipt{}, err
	}
	return page, nil
}

// post posts once, and returns what Slack made of it too.
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

// eachForm sends n in full and, if Slack refuses its form, plainly. A refusal
// is definite, so nothing is said twice.
func eachForm(n notify.Notice, send func(render.Message) error) error {
	m := render.Notice(n)
	err := send(m)
	if errors.Is(err, errForm) {
		err = send(m.Plain())
	}
	return err
}

// mark puts the key of the post or reply into the metadata, also of
// updates, so that they leave the page findable.
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

// metaKey keeps the metadata small: Slack does not say how much it takes.
func metaKey(key string) string {
	if len(key) <= 200 {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// msgID sends the key once more as the client_msg_id that Slack's own clients
// use. Slack may recognise a repeated one; nothing here relies on it.
func (c *Channel) msgID(n notify.Notice) slack.MsgOption {
	return slack.UnsafeMsgOptionEndpoint(c.base+"chat.postMessage", func(v url.Values) {
		name := n.Origin.Ledger + "\x00" + n.Key
		if n.Repost > 0 { // the first of this name was deleted, or never came
			name += "\x00" + strconv.Itoa(n.Repost)
		}
		v.Set("client_msg_id", uuid(name))
	})
}

// uuid is the version 5 UUID of name, in a namespace of our own.
func uuid(name string) string {
	sum := sha1.Sum([]byte("busbell notice\x00" + name))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
