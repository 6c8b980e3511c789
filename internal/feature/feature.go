// Package feature listens to business events and posts milestones, so that people
// see that a feature works and is used.
//
// [Flow.Handle] handles one event. It reads the event's types and finds the rules
// that match one of them. Only then it reads the body and evaluates the condition
// of each rule. A milestone becomes a notice, which is written to the ledger under
// the rule's name and the event's identity before it is sent. The broker delivers
// an event at least once; the identity is the same each time, so a second
// delivery posts nothing.
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

// A Flow posts the milestones that its rules find in events. It is safe for
// concurrent use.
type Flow struct {
	Environment string
	Rules       *Rules
	Types       message.Places // where events say their type, before all else
	Masker      *privacy.Masker
	Delivery    *outbox.Delivery
	Log         *slog.Logger
}

// Handle handles one event. Its error means that a notice is not in the ledger,
// so the event must be delivered again. A notice that a channel does not accept
// within two seconds is left to the next pass.
func (f *Flow) Handle(ctx context.Context, m *message.Message) error {
	types := f.Types.Types(m)
	wanted := f.Rules.wanting(types)
	if len(wanted) == 0 {
		if len(types) == 0 {
			f.Log.WarnContext(ctx, "event without a type", "message", f.Masker.Sample(m.Identity(), maxID), "cure", "say in message.type of busbell.yaml where it stands")
		}
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

// vars are the variables of expressions about an event. A body that is not JSON has
// no keys; a rule without a condition still posts the event.
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

// maxID is how much of an event's id is logged, in bytes.
const maxID = 100

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

// key identifies the event over redeliveries. An event without an id is identified
// by its sequence number, which stays the same too.
func key(m *message.Message) string {
	id := m.Identity()
	if id == "" {
		id = m.Entity + "/" + strconv.FormatInt(m.SequenceNumber, 10) + "/" + m.EnqueuedAt.UTC().Format("20060102T150405")
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}
