// Package opsgenie pages through OpsGenie, or through Jira Service
// Management's integration path, which speaks the same API.
//
// A post opens the alert whose alias the notice carries, a reply
// adds a note to it, the end closes it. Each [Channel.Send] is one attempt.
// The alias makes all of it harmless to repeat: while an alert is open,
// raising it again only counts up, and closing one that is closed changes
// nothing. So nothing is ever looked up after an unknown outcome; it is sent
// again. A late repetition of a post after its end would page anew:
// whoever sends asks first whether the alert is still wanted.
//
// The API takes a request and works it off later. That it was taken is all
// that Send knows. What people did to an alert since, [Channel.Status] reads.
package opsgenie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"

	"github.com/busbell/busbell/internal/notify"
)

var _ notify.Channel = (*Channel)(nil)

// Name is what notices call this channel.
const Name = "opsgenie"

// A Channel raises and closes alerts with one key. It is safe for concurrent use.
type Channel struct {
	caller     caller
	key        string
	unreadable atomic.Bool // alerts cannot be read here
}

// New makes a channel of a valid cfg. A nil transport means one of its own.
func New(cfg Config, transport http.RoundTripper) *Channel {
	return &Channel{caller: newCaller(cfg, transport), key: string(cfg.Key)}
}

// Send raises, annotates or closes the alert. An alert shows what was true
// when it was raised, so an update says nothing and succeeds. The receipt's
// ID is the alias.
func (c *Channel) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return notify.Receipt{}, fmt.Errorf("opsgenie: %w: %w", notify.ErrNotSent, err)
	}
	alias := n.Alias
	if alias == "" {
		alias = page.ID
	}
	if err := checkAlias(alias); err != nil {
		return notify.Receipt{}, fmt.Errorf("opsgenie: %w: %w", notify.ErrRejected, err)
	}
	var err error
	switch n.Act {
	case notify.Post:
		err = c.raise(ctx, n, alias)
	case notify.Reply:
		err = c.annotate(ctx, n, alias)
	case notify.Close:
		err = c.end(ctx, n, alias)
	case notify.Update:
	default:
		err = fmt.Errorf("opsgenie: %w: unknown act %q", notify.ErrRejected, n.Act)
	}
	if err != nil {
		return notify.Receipt{}, err
	}
	return notify.Receipt{ID: alias}, nil
}

// Find finds nothing: by its alias an alert may simply be sent again.
func (c *Channel) Find(context.Context, notify.Notice, notify.Receipt, time.Time) (notify.Receipt, bool, error) {
	return notify.Receipt{}, false, nil
}

// raise creates the alert, and, if its content is refused, creates one of the
// headline alone: being paged matters more than the facts.
func (c *Channel) raise(ctx context.Context, n notify.Notice, alias string) error {
	answer := c.caller.ask(ctx, create(n, alias))
	if answer.status == http.StatusUnprocessableEntity && !answer.malformedKey() {
		answer = c.caller.ask(ctx, minimal(n, alias))
	}
	return c.fault(ctx, "create alert", answer)
}

func (c *Channel) annotate(ctx context.Context, n notify.Notice, alias string) error {
	return c.fault(ctx, "add note", c.caller.ask(ctx, &alert.AddNoteRequest{
		IdentifierType: alert.ALIAS, IdentifierValue: alias, Source: source, Note: note(n),
	}))
}

// end closes the alert. One that is not there, or no more, needs no closing.
func (c *Channel) end(ctx context.Context, n notify.Notice, alias string) error {
	answer := c.caller.ask(ctx, &alert.CloseAlertRequest{
		IdentifierType: alert.ALIAS, IdentifierValue: alias, Source: source, Note: note(n),
	})
	if answer.noAlert() {
		return nil
	}
	return c.fault(ctx, "close alert", answer)
}

// checkAlias refuses what would break the path that the alias becomes part of.
func checkAlias(alias string) error {
	switch {
	case alias == "":
		return errors.New("the notice has no alias")
	case len(alias) > 250:
		return errors.New("the alias is longer than 250 bytes")
	case alias == "." || alias == "..",
		strings.ContainsFunc(alias, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return fmt.Errorf("alias %q cannot be part of a path", alias)
	}
	return nil
}
