// Package opsgenie pages through OpsGenie, or through Jira Service
// Management's integration path, which speaks the same API.
//
// A post opens the alert with the alias of the notice, a reply adds a note to it,
// and a close closes it. Each [Channel.Send] is one attempt. The alias makes
// repetitions harmless: opening an alert that is open only increases its count, and
// closing a closed one changes nothing. So after an unknown outcome the request is
// sent again without a look-up. A post that is repeated after the close would page
// again, so the outbox asks before each post whether the alert is still needed.
//
// The API accepts a request and processes it later. Send knows only that it was
// accepted. [Channel.Status] reads what people did to an alert.
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

// Name is the name of this channel in notices.
const Name = "opsgenie"

// A Channel opens and closes alerts with one key. It is safe for concurrent use.
type Channel struct {
	caller     caller
	key        string
	unreadable atomic.Int64 // until when, in Unix seconds, alerts are not read, because they cannot be
}

// New returns a channel for a valid cfg. With a nil transport it has its own.
func New(cfg Config, transport http.RoundTripper) *Channel {
	return &Channel{caller: newCaller(cfg, transport), key: string(cfg.Key)}
}

// Send opens the alert, adds a note to it, or closes it. An alert shows what was
// true when it was opened, so an update does nothing. The ID of the receipt is the
// alias.
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

// Find finds nothing, because an alert may be sent again with its alias.
func (c *Channel) Find(context.Context, notify.Notice, notify.Receipt, time.Time) (notify.Receipt, bool, error) {
	return notify.Receipt{}, false, nil
}

// raise opens the alert. If its content is refused, it opens one that has only the
// headline: the page is more important than the facts.
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

// end closes the alert. An alert that does not exist needs no closing.
func (c *Channel) end(ctx context.Context, n notify.Notice, alias string) error {
	answer := c.caller.ask(ctx, &alert.CloseAlertRequest{
		IdentifierType: alert.ALIAS, IdentifierValue: alias, Source: source, Note: note(n),
	})
	if answer.noAlert() {
		return nil
	}
	return c.fault(ctx, "close alert", answer)
}

// checkAlias refuses an alias that cannot be part of a URL's path.
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
