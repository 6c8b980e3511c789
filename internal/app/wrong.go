package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/slack"
)

// announceBadConfig posts that nothing is watched, if enough of the configuration
// can be read for that: otherwise silence would look like good news. The first
// instance posts it, once until a good configuration has been seen. The ledger
// makes sure of that, so without a ledger nothing is posted.
func (b *builder) announceBadConfig(ctx context.Context) {
	to := b.setup.Config.Watch.Slack
	if to.Channel == "" || len(to.Validate()) > 0 || len(b.setup.Settings.Slack.Validate()) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	store, err := b.setup.Settings.Storage.Ledger()
	if err != nil {
		b.log.WarnContext(ctx, "the channel is not told that the configuration is wrong: there is no ledger to say it once", "err", err)
		return
	}
	n := wrongNotice(b.wrong, b.setup.Config.Environment, incident.Target{Channel: slack.Name, To: to.Channel, Mention: to.Mention})
	d := b.delivery(store, incident.Store{Ledger: store})
	d.Part = config.NoticePart
	err = d.Write(ctx, n)
	if err == nil {
		err = d.SendWritten(ctx, n) // also if another instance has written it and could not send it
	}
	if err != nil {
		b.log.WarnContext(ctx, "the channel could not be told that the configuration is wrong", "err", err)
	}
}

// forgetBadConfig lets the next wrong configuration be posted again, now that a good
// one has been seen.
func (b *builder) forgetBadConfig(ctx context.Context, store ledger.Ledger) {
	d := outbox.Delivery{Ledger: store, Environment: b.setup.Config.Environment, Part: config.NoticePart, Log: b.log}
	n, err := d.DeleteAll(ctx)
	if n > 0 {
		b.log.InfoContext(ctx, "the configuration is right again")
	}
	if err != nil {
		b.log.WarnContext(ctx, "the ledger does not say whether a wrong configuration was announced before; if one was, the next one may not be", "err", err)
	}
}

func wrongNotice(wrong []string, environment string, to incident.Target) notify.Notice {
	sum := sha256.New()
	n := notify.Notice{
		Channel: to.Channel, To: to.To, Mention: to.Mention, Act: notify.Post, Reason: "wrong configuration",
		State: notify.Unreadable, Headline: notify.Text{notify.Ours("Busbell watches nothing: its configuration is wrong")},
		Footer: notify.Text{notify.Foreign(environment), notify.Ours(" · the configuration is wrong · mend it and deploy again")},
	}
	for _, line := range wrong {
		sum.Write([]byte(line + "\n"))
		n.Lines = append(n.Lines, notify.Text{notify.Foreign(line)})
	}
	n.Subject = "configuration/" + hex.EncodeToString(sum.Sum(nil)[:8])
	n.Key = n.Subject + "@" + to.String()
	return n
}
