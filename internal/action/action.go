// Package action handles clicks in Slack: it verifies the request, looks up the
// button in one table, changes the incident, answers within the three seconds that
// Slack waits, and then updates the page.
package action

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/slack"
)

// Deadline is how long one request may take; Slack itself waits three seconds.
const Deadline = 5 * time.Second

// showTime bounds how long the change of a click is shown after the answer.
const showTime = 30 * time.Second

// actions maps the id of a button to the time until which it silences an incident.
// The zero time means until the incident is resolved.
var actions = map[string]func(clicked time.Time, zone *time.Location) time.Time{
	notice.Acknowledge:          func(time.Time, *time.Location) time.Time { return time.Time{} },
	notice.Snooze + "/1h":       func(clicked time.Time, _ *time.Location) time.Time { return clicked.Add(time.Hour) },
	notice.Snooze + "/4h":       func(clicked time.Time, _ *time.Location) time.Time { return clicked.Add(4 * time.Hour) },
	notice.Snooze + "/tomorrow": tomorrow,
}

// tomorrow is eight in the morning of the next day.
func tomorrow(clicked time.Time, zone *time.Location) time.Time {
	y, m, d := clicked.In(zone).Date()
	return time.Date(y, m, d+1, 8, 0, 0, 0, zone).UTC()
}

// A Handler answers Slack's requests for clicks with an empty 200 once the clicks
// are in the ledger.
type Handler struct {
	Listener slack.Listener // without a secret there are no buttons
	Chat     *slack.Channel
	Delivery *outbox.Delivery
	Zone     *time.Location // of snoozing until tomorrow
	Log      *slog.Logger

	// Apply changes the incidents that an action names, and returns the
	// notices that show it. [incident.ErrOver] is not a failure.
	Apply func(context.Context, lifecycle.Action) ([]notify.Notice, error)

	showing sync.WaitGroup
	forged  atomic.Int64 // the minute in which the last forged click was logged
}

// Wait returns when the changes of all clicks were shown or have timed out.
func (h *Handler) Wait() { h.showing.Wait() }

// Admit reports whether the headers may be those of a click from Slack. If not, it
// answers the request and its body need not be read.
func (h *Handler) Admit(w http.ResponseWriter, r *http.Request) bool {
	if h.Listener.Secret == "" {
		http.NotFound(w, r)
		return false
	}
	if err := h.Listener.Admit(r.Header); err != nil {
		h.forgery(r.Context(), w, err)
		return false
	}
	return true
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.Admit(w, r) {
		return
	}
	ctx := r.Context()
	body, err := io.ReadAll(r.Body) // already received, and bounded
	if err != nil {
		refuse(w, http.StatusBadRequest, "no body")
		return
	}
	clicks, err := h.Listener.Clicks(r.Header, body)
	switch {
	case errors.Is(err, slack.ErrForged):
		h.forgery(ctx, w, err)
		return
	case err != nil:
		h.Log.WarnContext(ctx, "a click was not understood", "err", err)
		if len(clicks) == 0 {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
	}
	notices, ok := h.applyAll(ctx, clicks)
	if ok {
		w.WriteHeader(http.StatusOK)
	} else {
		refuse(w, http.StatusInternalServerError, "the click could not be noted; click again")
	}
	if len(notices) > 0 {
		ctx := context.WithoutCancel(ctx)
		h.showing.Go(func() { h.show(ctx, notices) })
	}
}

// forgery answers a request that Slack has not signed. It logs once a minute,
// because the route is public.
func (h *Handler) forgery(ctx context.Context, w http.ResponseWriter, err error) {
	if minute := time.Now().Unix() / 60; h.forged.Swap(minute) != minute {
		h.Log.WarnContext(ctx, "a click was refused: if it was yours, check SLACK_SIGNING_SECRET", "err", err)
	}
	refuse(w, http.StatusUnauthorized, slack.ErrForged.Error())
}

// applyAll applies all clicks. A failed click does not stop others. ok is false if
// any click failed.
func (h *Handler) applyAll(ctx context.Context, clicks []notify.Click) (notices []notify.Notice, ok bool) {
	ok = true
	for _, c := range clicks {
		more, err := h.apply(ctx, c)
		if err != nil {
			ok = false
			h.Log.ErrorContext(ctx, "a click could not be noted", "action", c.Action, "err", err)
		}
		notices = append(notices, more...)
	}
	return notices, ok
}

// apply applies one click and returns the notices that show it.
func (h *Handler) apply(ctx context.Context, c notify.Click) ([]notify.Notice, error) {
	ours, err := h.Delivery.Origin(ctx)
	if err != nil {
		return nil, err
	}
	if c.Origin.Ledger != ours.Ledger {
		h.decline(ctx, c, ours)
		return nil, nil
	}
	until, ok := actions[c.Action]
	if !ok {
		h.Log.WarnContext(ctx, "a click on a button that is not ours", "action", c.Action)
		return nil, nil
	}
	notices, err := h.Apply(ctx, lifecycle.Action{Subjects: []string{c.Value}, By: c.By, At: c.At, Until: until(c.At, h.Zone)})
	if errors.Is(err, incident.ErrOver) {
		h.Log.InfoContext(ctx, "a click on what is over", "action", c.Action, "by", c.By)
		return nil, nil
	}
	return notices, err
}

// decline answers a click on another Busbell's message without applying it: Slack
// sends all clicks of one app to one address.
func (h *Handler) decline(ctx context.Context, c notify.Click, ours notify.Origin) {
	h.Log.WarnContext(ctx, "a click was refused: the message is another Busbell's", "environment", c.Origin.Environment, "action", c.Action, "by", c.By)
	text := notify.Text{
		notify.Ours("Nothing was done. This message is not from the Busbell that gets the clicks of this Slack app ("), notify.Code(ours.Environment),
		notify.Ours("), but from another one ("), notify.Code(cmp.Or(c.Origin.Environment, "unknown")),
		notify.Ours("). Whoever runs it can give it a Slack app of its own, or switch its buttons off."),
	}
	ctx = context.WithoutCancel(ctx)
	h.showing.Go(func() {
		if err := h.Chat.Reply(ctx, c.Answer, text); err != nil {
			h.Log.WarnContext(ctx, "a refused click was not answered", "by", c.By, "err", err)
		}
	})
}

// show updates the page at once. The next pass delivers the remaining notices.
func (h *Handler) show(ctx context.Context, notices []notify.Notice) {
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	if err := h.Delivery.SendWritten(ctx, notices...); err != nil {
		h.Log.WarnContext(ctx, "what a click changed is shown by the next pass", "err", err)
	}
}

// refuse answers with an error for Slack to show.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why}) // the client is gone
}
