package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack"
)

// A person waits for the answer to a click, and Slack for three seconds: what
// was clicked is noted before, and shown after.
const (
	actionsDeadline = 5 * time.Second
	showDeadline    = 30 * time.Second
)

// actions answers clicks: 200 with nothing in it once they are noted.
func (a *App) actions(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	h, err := a.house(ctx)
	switch {
	case err != nil:
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	case h.listener.Secret == "":
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(r.Body) // it is here already, and bounded
	if err != nil {
		refuse(w, http.StatusBadRequest, "no body")
		return
	}
	clicks, err := h.listener.Clicks(r.Header, body)
	switch {
	case errors.Is(err, slack.ErrForged):
		if minute := time.Now().Unix() / 60; h.forged.Swap(minute) != minute { // anybody can knock
			h.log.WarnContext(ctx, "a click was refused: if it was yours, check SLACK_SIGNING_SECRET", "err", err)
		}
		refuse(w, http.StatusUnauthorized, slack.ErrForged.Error())
		return
	case err != nil:
		h.log.WarnContext(ctx, "a click was not understood", "err", err)
		if len(clicks) == 0 {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
	}
	var said []notify.Notice
	failed := false
	for _, c := range clicks {
		notices, err := h.click(ctx, c)
		if err != nil {
			failed = true
			h.log.ErrorContext(ctx, "a click could not be noted", "action", c.Action, "err", err)
		}
		said = append(said, notices...)
	}
	if failed {
		refuse(w, http.StatusInternalServerError, "the click could not be noted; click again")
	} else {
		w.WriteHeader(http.StatusOK)
	}
	if len(said) > 0 {
		ctx := context.WithoutCancel(ctx)
		h.showing.Go(func() { h.show(ctx, said) })
	}
}

// click does what a click asks for, and returns what is to be said about it.
func (h *house) click(ctx context.Context, c notify.Click) (said []notify.Notice, err error) {
	ours, err := h.delivery.Origin(ctx)
	if err != nil {
		return nil, err
	}
	if c.Origin.Ledger != ours.Ledger {
		h.decline(ctx, c, ours)
		return nil, nil
	}
	deed := incident.Action{Subjects: []string{c.Value}, By: c.By, At: c.At}
	switch c.Action {
	case incident.Acknowledge:
	case incident.Snooze + "/1h":
		deed.Until = c.At.Add(time.Hour)
	case incident.Snooze + "/4h":
		deed.Until = c.At.Add(4 * time.Hour)
	case incident.Snooze + "/tomorrow":
		deed.Until = tomorrow(c.At, h.zone)
	default:
		h.log.WarnContext(ctx, "a click on a button that is not ours", "action", c.Action)
		return nil, nil
	}
	said, err = h.watch.Apply(ctx, deed)
	if errors.Is(err, incident.ErrOver) {
		h.log.InfoContext(ctx, "a click on what is over", "action", c.Action, "by", c.By)
		return nil, nil
	}
	return said, err
}

// decline answers a click on another Busbell's message, of which nothing is
// done: Slack sends all clicks of one app to one address.
func (h *house) decline(ctx context.Context, c notify.Click, ours notify.Origin) {
	h.log.WarnContext(ctx, "a click was refused: the message is another Busbell's", "environment", c.Origin.Environment, "action", c.Action, "by", c.By)
	text := notify.Text{
		notify.Ours("Nothing was done. This message is not from the Busbell that gets the clicks of this Slack app ("), notify.Code(ours.Environment),
		notify.Ours("), but from another one ("), notify.Code(cmp.Or(c.Origin.Environment, "unknown")),
		notify.Ours("). Whoever runs it can give it a Slack app of its own, or switch its buttons off."),
	}
	ctx = context.WithoutCancel(ctx)
	h.showing.Go(func() {
		if err := h.chat.Reply(ctx, c.Answer, text); err != nil {
			h.log.WarnContext(ctx, "a refused click was not answered", "by", c.By, "err", err)
		}
	})
}

// tomorrow is eight in the morning of the next day.
func tomorrow(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+1, 8, 0, 0, 0, zone).UTC()
}

// show brings the page up to date at once. What it does not manage, the next
// pass does.
func (h *house) show(ctx context.Context, said []notify.Notice) {
	ctx, cancel := context.WithTimeout(ctx, showDeadline)
	defer cancel()
	if err := h.delivery.Show(ctx, said...); err != nil {
		h.log.WarnContext(ctx, "what a click changed is shown by the next pass", "err", err)
	}
}

// refuse answers what Slack shows as an error.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
}
