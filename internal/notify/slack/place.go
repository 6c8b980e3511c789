package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack/render"
	"github.com/busbell/busbell/internal/setting"
)

// A channel's name is lower case, so it is never taken for an id.
var idPattern = regexp.MustCompile(`^[CGD][A-Z0-9]{2,}$`)

// Resolve returns the id of the channel that to names: "#name", "name" or an id, which
// it does not look up. If the bot may not list channels it returns "": posts are then
// sent by name, but cannot be found again. An unknown channel is [notify.ErrRejected];
// with any other error nothing was sent.
func (c *Channel) Resolve(ctx context.Context, to string) (string, error) {
	if idPattern.MatchString(to) {
		return to, nil
	}
	name := nameOf(to)
	if name == "" {
		return "", fmt.Errorf("slack: %w: the notice names no channel", notify.ErrRejected)
	}
	c.places.mu.Lock()
	defer c.places.mu.Unlock()
	if id, ok := c.places.ids[name]; ok {
		return id, nil
	}
	if time.Since(c.places.listed) >= c.places.relist {
		if err := c.find(ctx, name); err != nil {
			if unlisted(err) {
				return "", nil
			}
			err = notSent(ctx, c.fault(ctx, "conversations.list", to, err))
			if c.places.cursor != "" {
				err = fmt.Errorf("%w; the list of channels is long: %s", err, byID)
			}
			return "", err
		}
	}
	if id, ok := c.places.ids[name]; ok {
		return id, nil
	}
	return "", fmt.Errorf("slack %s: %w: the bot sees no channel of this name; %s", to, notify.ErrRejected, c.places.cure(name))
}

// errNone reports an empty list; every workspace has channels.
var errNone = errors.New("no channels in the answer")

// unlisted reports whether the bot may not list channels at all.
func unlisted(err error) bool {
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return e.Err == "missing_scope" || e.Err == "unknown_method"
	}
	return errors.Is(err, errNone)
}

// byID is what always helps if a name is not found.
const byID = "name the channel by its id (C…)"

// perPage is how many channels Slack lists at once, at most.
const perPage = 999

// find lists channels until it finds name: first the few that the bot is in, then all
// of the workspace, from where an earlier attempt stopped.
func (c *Channel) find(ctx context.Context, name string) error {
	joined := slack.GetConversationsForUserParameters{ExcludeArchived: true, Limit: perPage}
	err := c.read(name, new(string), func(cursor string, types []string) ([]slack.Channel, string, error) {
		joined.Cursor, joined.Types = cursor, types
		return c.api.GetConversationsForUserContext(ctx, &joined)
	})
	if _, ok := c.places.ids[name]; ok || err != nil && ctx.Err() != nil {
		return err
	}
	all := slack.GetConversationsParameters{ExcludeArchived: true, Limit: perPage}
	err = c.read(name, &c.places.cursor, func(cursor string, types []string) ([]slack.Channel, string, error) {
		all.Cursor, all.Types = cursor, types
		return c.api.GetConversationsContext(ctx, &all)
	})
	_, met := c.places.ids[name]
	switch {
	case err == nil && !met && len(c.places.ids) == 0:
		return errNone
	case err == nil && !met:
		c.places.listed = time.Now()
	}
	return err
}

// read reads a list from its cursor on until it finds name. Private channels need a
// scope of their own, and are omitted if it is missing.
func (c *Channel) read(name string, cursor *string, next func(cursor string, types []string) ([]slack.Channel, string, error)) error {
	types := []string{"public_channel", "private_channel"}
	for range 500 {
		found, after, err := next(*cursor, types)
		e, refused := errors.AsType[slack.SlackErrorResponse](err)
		switch {
		case refused && e.Err == "missing_scope" && len(types) > 1:
			types = types[:1]
			continue
		case refused && e.Err == "invalid_cursor" && *cursor != "":
			*cursor = ""
			continue
		case err != nil:
			return err
		}
		for _, ch := range found {
			c.places.ids[ch.Name] = ch.ID
		}
		*cursor = after
		if _, met := c.places.ids[name]; met || after == "" {
			return nil
		}
	}
	*cursor = ""
	return errors.New("the list of channels has no end; " + byID)
}

// notSent turns the unknown outcome of a read into one of "not sent".
func notSent(ctx context.Context, err error) error {
	switch {
	case !errors.Is(err, notify.ErrUnknown):
		return err
	case ctx.Err() != nil:
		return notAsked(err)
	}
	return &notify.LaterError{Err: err}
}

// notAsked is the error of a read that our own deadline has ended.
func notAsked(err error) error { return fmt.Errorf("%w: %s", notify.ErrNotSent, err.Error()) }

// places remembers the ids of channels.
type places struct {
	mu     sync.Mutex
	ids    map[string]string // by name, without #
	listed time.Time         // when all were read
	cursor string            // where the list of all continues
	relist time.Duration     // how long an unknown name stays unknown
}

func newPlaces() *places {
	return &places{ids: make(map[string]string), relist: time.Minute}
}

func (p *places) learn(to, id string) {
	if !idPattern.MatchString(to) && idPattern.MatchString(id) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ids[nameOf(to)] = id
	}
}

func (p *places) forget(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.ids, nameOf(to))
}

// cure suggests a similar name that exists.
func (p *places) cure(name string) string {
	const invite = "if it is private, invite the bot: /invite @busbell; or " + byID
	known := slices.Sorted(maps.Keys(p.ids))
	s := setting.Suggest(name, known)
	if len(known) == 0 || len(known) > 12 && !strings.HasPrefix(s, "did you mean") {
		return invite
	}
	return render.Line(s, 300) + "; " + invite
}

func nameOf(to string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(to), "#"))
}
