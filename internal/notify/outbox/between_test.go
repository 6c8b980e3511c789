package outbox_test

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// between calls f after each write to the ledger and each call of a channel:
// the places where a process can die. undo takes it away again.
func between(d *outbox.Delivery, f func(step string)) (undo func()) {
	l, channels := d.Ledger, d.Channels
	d.Ledger, d.Channels = watchedLedger{l, f}, maps.Clone(channels)
	for name, c := range channels {
		d.Channels[name] = watchedChannel{c, f}
	}
	return func() { d.Ledger, d.Channels = l, channels }
}

// A watchedLedger tells what each update of a notice stored.
type watchedLedger struct {
	ledger.Ledger
	after func(step string)
}

func (l watchedLedger) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	stored, err := l.Ledger.Update(ctx, e)
	if err == nil && strings.HasSuffix(e.Key.Partition, "notices") {
		l.after(storedStep(e.Value))
	}
	return stored, err
}

func storedStep(value []byte) string {
	var r struct {
		Notice struct{ File *struct{ ID string } }
		Stage  string
		Editor string
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return "packed row stored"
	}
	switch {
	case r.Stage == "sending" && r.Notice.File != nil && r.Notice.File.ID != "":
		return "file recorded"
	case r.Stage == "sending":
		return "claimed"
	case r.Stage == "sent" && r.Editor != "":
		return "locked"
	case r.Stage == "sent":
		return "recorded"
	}
	return "put off"
}

// A watchedChannel tells what each call did.
type watchedChannel struct {
	notify.Channel
	after func(step string)
}

func (c watchedChannel) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	r, err := c.Channel.Send(ctx, n, page)
	c.after(map[bool]string{true: "edited", false: "sent"}[n.Act == notify.Update])
	return r, err
}

func (c watchedChannel) Find(ctx context.Context, n notify.Notice, page notify.Receipt, since time.Time) (notify.Receipt, bool, error) {
	r, found, err := c.Channel.Find(ctx, n, page, since)
	c.after("looked up")
	return r, found, err
}

func (c watchedChannel) Resolve(ctx context.Context, to string) (string, error) {
	if r, ok := c.Channel.(notify.Resolver); ok {
		return r.Resolve(ctx, to)
	}
	return "", nil
}

func (c watchedChannel) Upload(ctx context.Context, n notify.Notice) (string, error) {
	u, ok := c.Channel.(notify.Uploader)
	if !ok {
		return "", notify.ErrRejected
	}
	id, err := u.Upload(ctx, n)
	c.after("uploaded")
	return id, err
}
