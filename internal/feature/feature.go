// Package feature listens to business events and announces milestones, so
// that people see a feature work and be used.
//
// One [Flow.Handle] is one event: read its types, find the rules that want
// one of them, and only then read its body and ask each rule's condition. What
// is worth a word becomes a notice, written to the ledger under the rule's
// name and the event's identity before it is sent. The broker delivers an
// event at least once; its identity stays, so a second delivery says nothing
// twice.
package feature

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/privacy"
)

// A Flow announces what its rules want of the events it is handed. It is safe
// for concurrent use.
type Flow struct {
	Environment string
	Rules       *Rules
	Types       message.Places // where events say their type, before all else
	Masker      *privacy.Masker
	Delivery    *outbox.Delivery
	Log         *slog.Logger
}

// Handle takes one event. Its error means that what there is to say is not
// in the ledger, and that the event must be delivered again. What a channel
// does not take within two seconds is left to the next pass.
func (f *Flow) Handle(ctx context.Context, m *message.Message) error {
	types := f.Types.Types(m)
	wanted := f.Rules.wanting(types)
	if len(wanted) == 0 {
		return nil
	}
	vars := f.vars(ctx, m, types)
	var notices []notify.Notice
	for _, r := range wanted {
		vars.Feature = condition.Feature{Name: r.name}
		if f.matches(ctx, r, vars) {
			notices = append(notices, f.milestone(ctx, r, vars, key(m)))
		}
	}
	if len(notices) == 0 {
		return nil
	}
	return f.Delivery.Send(ctx, notices...)
}

// vars are what expressions see of an event. A body that is no JSON has no
// keys: a rule without a condition may still announce it.
func (f *Flow) vars(ctx context.Context, m *message.Message, types []string) *condition.EventVars {
	typ := strings.Join(types[:min(len(types), 1)], "")
	event, err := m.Event()
	if err != nil {
		f.Log.WarnContext(ctx, "event has no readable body", "type", typ, "err", err)
		event = map[string]any{}
	}
	headers := make(map[string]string, len(m.Properties))
	for name := range m.Properties {
		if text := m.Text(name); text != "" {
			headers[name] = text
		}
	}
	return &condition.EventVars{
		Event: event, Headers: headers,
		Message: condition.Message{
			Type: typ, ID: m.Identity(), CorrelationID: m.CorrelationID,
			Framework: string(m.Framework()), EnqueuedAt: m.EnqueuedAt,
		},
	}
}

func (f *Flow) matches(ctx context.Context, r *rule, vars *condition.EventVars) bool {
	if r.when == nil {
		return true
	}
	ok, err := r.when.Match(vars)
	if _, missing := errors.AsType[*condition.MissingKey](err); err != nil && !missing {
		f.Log.WarnContext(ctx, "condition could not be decided", "feature", r.name, "err", err)
	}
	return ok && err == nil
}

// key names the event over redeliveries. One without any id is named by its
// place in its queue, which stays as well.
func key(m *message.Message) string {
	id := m.Identity()
	if id == "" {
		id = m.Entity + "/" + strconv.FormatInt(m.SequenceNumber, 10) + "/" + m.EnqueuedAt.UTC().Format("20060102T150405")
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}
