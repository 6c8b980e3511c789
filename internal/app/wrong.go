package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// tellWrong says once in the channel that nothing is watched, if enough of
// the configuration can be read for that. Busbell's silence must not look
// like good news.
func (p *plan) tellWrong(ctx context.Context, log *slog.Logger) {
	to := p.config.Watch.Slack
	if to.Channel == "" || len(to.Validate()) > 0 || len(p.settings.Slack.Validate()) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	store := new(ledger.Memory)
	n := wrongNotice(p.wrong, p.config.Environment, incident.Target{Channel: slackChannel, To: to.Channel, Mention: to.Mention})
	written, delivered := p.delivery(store, incident.Store{Ledger: store}, log).Say(ctx, n)
	if written != nil || delivered != nil {
		log.Warn("the channel could not be told that the configuration is wrong", "written", written, "delivered", delivered)
	}
}

func wrongNotice(wrong []string, environment string, to incident.Target) notify.Notice {
	sum := sha256.New()
	n := notify.Notice{
		Channel: to.Channel, To: to.To, Mention: to.Mention, Act: notify.Announce, Reason: "wrong configuration",
		State: notify.Blind, Headline: notify.Text{notify.Ours("Busbell watches nothing: its configuration is wrong")},
		Footer: notify.Text{notify.Foreign(environment), notify.Ours(" · told because: the configuration is wrong · mend it and deploy again")},
	}
	for _, line := range wrong {
		sum.Write([]byte(line + "\n"))
		n.Lines = append(n.Lines, notify.Text{notify.Foreign(line)})
	}
	n.Subject = "configuration/" + hex.EncodeToString(sum.Sum(nil)[:8])
	n.Key = n.Subject + "@" + to.String()
	return n
}
