package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
)

const (
	// lookBack is how much earlier than the time of the claim a message may seem to be
	// posted, because the clocks of the ledger and Slack differ.
	lookBack = 5 * time.Minute

	longestLag = time.Minute // from a post until it is listed
	maxPages   = 100
)

// Find searches the channel, or the page's thread for a reply, for the message with
// the key or the file of n. Of several messages it keeps the oldest and tries to delete
// the others. An update is never found, because it may be sent again.
func (c *Channel) Find(ctx context.Context, n notify.Notice, page notify.Receipt, since time.Time) (notify.Receipt, bool, error) {
	place, thread := page.Destination, page.ID
	switch {
	case n.Act == notify.Post:
		if place == "" {
			var err error
			if place, err = c.Resolve(ctx, n.To); err != nil {
				return notify.Receipt{}, false, err
			}
		}
		thread = ""
	case n.Act != notify.Reply, n.File != nil && n.File.ID == "": // a file without its id was not shown
		return notify.Receipt{}, false, nil
	}
	if !idPattern.MatchString(place) {
		return notify.Receipt{}, false, fmt.Errorf(
			"slack %s: its messages cannot be read without its id; add the scope channels:read, or name the channel by its id (C…)", n.To)
	}
	stamps, err := c.history.search(ctx, place, thread, since.Add(-lookBack), carries(n))
	if err != nil {
		return notify.Receipt{}, false, c.unknown(ctx, n.To, err)
	}
	if len(stamps) == 0 {
		return notify.Receipt{}, false, nil
	}
	slices.SortFunc(stamps, older)
	for _, ts := range stamps[1:] {
		_, _, _ = c.api.DeleteMessageContext(ctx, place, ts)
	}
	return notify.Receipt{Destination: place, ID: stamps[0]}, true, nil
}

// unknown returns why the look-up failed. Only a LaterError and ErrNotSent keep their
// kinds: other kinds would say something about the notice instead of the look-up.
func (f faults) unknown(ctx context.Context, to string, err error) error {
	err = f.fault(ctx, "look-up", to, err)
	if _, later := errors.AsType[*notify.LaterError](err); later {
		return err
	}
	if ctx.Err() != nil {
		return notAsked(err)
	}
	return errors.New(err.Error())
}

// carries returns a function that recognises the message of a notice: by ledger and key,
// or by file. A message of another Busbell never matches.
func carries(n notify.Notice) func(slack.Message) bool {
	if n.File != nil {
		return func(m slack.Message) bool {
			return slices.ContainsFunc(m.Files, func(f slack.File) bool { return f.ID == n.File.ID })
		}
	}
	key := metaKey(n.Key)
	return func(m slack.Message) bool {
		had := m.Metadata.EventPayload
		return m.Metadata.EventType == eventType && had[keyField] == key && had[ledgerField] == n.Origin.Ledger
	}
}

// A history reads the messages of channels and threads.
type history struct{ api *slack.Client }

// search returns the ts of the messages that are wanted.
func (h history) search(ctx context.Context, place, thread string, oldest time.Time, want func(slack.Message) bool) ([]string, error) {
	var stamps []string
	cursor := ""
	for range maxPages {
		messages, next, err := h.page(ctx, place, thread, stamp(oldest), cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if want(m) {
				stamps = append(stamps, m.Timestamp)
			}
		}
		if next == "" {
			return stamps, nil
		}
		cursor = next
	}
	return nil, fmt.Errorf("more than %d pages of messages", maxPages)
}

// page reads one page of a channel or a thread. A thread that is gone is empty.
func (h history) page(ctx context.Context, place, thread, oldest, cursor string) ([]slack.Message, string, error) {
	if thread == "" {
		found, err := h.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: place, Oldest: oldest, Cursor: cursor, Limit: 200, IncludeAllMetadata: true,
		})
		if err != nil {
			return nil, "", err
		}
		if !found.Ok {
			return nil, "", errors.New("ok:false without an error")
		}
		return found.Messages, found.ResponseMetaData.NextCursor, nil
	}
	messages, _, next, err := h.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
		ChannelID: place, Timestamp: thread, Oldest: oldest, Cursor: cursor, Limit: 200, IncludeAllMetadata: true,
	})
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok && e.Err == "thread_not_found" {
		return nil, "", nil
	}
	if err == nil && len(messages) == 0 { // a thread holds at least its root
		err = errors.New("no messages in the answer")
	}
	return messages, next, err
}

// stamp writes a time as Slack's ts.
func stamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// older compares two ts, which are seconds.micros.
func older(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
