package errorqueue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// How much of a plan is put into one row: bytes, and steps; what a pass cannot
// carry out whole is carried out again from its beginning. mostStep is how
// large a single step or notice may be.
const (
	mostPlan  = 400 << 10
	mostSteps = 100
	mostStep  = ledger.MaxValue - 1<<10
)

// A planRow is a part of a plan as the ledger keeps it. The first one, the
// head, is written last and removed last: a plan that has a head has been
// begun, and of its other parts those that are missing have been carried out.
type planRow struct {
	Part  int  `json:"part"`
	Parts int  `json:"parts"` // 0: the row was lost
	Plan  plan `json:"plan"`
}

// A part is a part of a plan that lies in the ledger.
type part = ledger.Row[planRow]

// stays reports whether a part is removed only when the whole plan has been
// carried out.
func stays(p part) bool { return p.Value.Part == 0 || len(p.Value.Plan.Common) > 0 }

// How long plans are kept. What has no head after planTime, which is longer
// than any pass takes, never will have one. What cannot be carried out in
// planLife is decided anew.
const (
	planTime = 10 * time.Minute
	planLife = 24 * time.Hour
)

// cut cuts a plan into pieces that fit into rows, what is said of many first.
// What fits into none, or cannot be encoded, is left out and logged.
func (w *Watch) cut(ctx context.Context, p plan) (pieces []plan) {
	room := 0
	into := func(v any, attrs ...any) *plan {
		text, err := json.Marshal(v)
		if n := len(text); n > mostStep {
			err = fmt.Errorf("%d bytes are more than the %d that fit into a row", n, mostStep)
		}
		if err != nil {
			w.Log.ErrorContext(ctx, "left out of the plan: it cannot be written", append(attrs, "err", err)...)
			return new(plan)
		}
		if room -= len(text); pieces == nil || room < 0 || len(pieces[len(pieces)-1].Steps) == mostSteps {
			pieces, room = append(pieces, plan{}), mostPlan-len(text)
		}
		return &pieces[len(pieces)-1]
	}
	for _, c := range p.Common {
		piece := into(c, "notice", c.Notice.Key)
		piece.Common = append(piece.Common, c)
	}
	for _, s := range p.Steps {
		piece := into(s, "incident", s.Incident.Fingerprint)
		piece.Steps = append(piece.Steps, s)
	}
	return pieces
}

// begin writes a plan before it is carried out, and returns its parts.
func (w *Watch) begin(ctx context.Context, p plan) ([]part, error) {
	pieces := w.cut(ctx, p)
	if len(pieces) == 0 {
		return nil, nil
	}
	name := planPrefix + rand.Text()
	parts := make([]part, len(pieces))
	write := func(n int) (err error) {
		row := part{Ref: ledger.Ref{Key: partKey(name, n)}, Value: planRow{Part: n, Parts: len(pieces), Plan: pieces[n]}}
		parts[n], err = rows[planRow](w).Save(ctx, row)
		return err
	}
	err := parallel(w.writers(), len(pieces)-1, func(n int) error { return write(n + 1) })
	if err == nil {
		err = write(0)
	}
	if err != nil {
		return nil, fmt.Errorf("write what was decided: %w", err)
	}
	return parts, nil
}

func partKey(plan string, n int) string { return plan + "/" + strconv.Itoa(n) }

// shorten leaves of the steps of a part only some.
func (w *Watch) shorten(ctx context.Context, p part, left []step) part {
	short := p
	short.Value.Plan.Steps = left
	short, err := rows[planRow](w).Save(ctx, short)
	if err != nil {
		w.Log.InfoContext(ctx, "plan row not shortened", "row", p.Key, "err", err)
		return p
	}
	return short
}

// forget removes parts of plans. One that stays is carried out again, which
// says nothing new.
func (w *Watch) forget(ctx context.Context, parts ...ledger.Ref) {
	for _, r := range parts {
		if err := rows[planRow](w).Delete(ctx, r); err != nil {
			w.Log.InfoContext(ctx, "plan row not deleted", "row", r.Key, "err", err)
		}
	}
}

// goOn carries out the plans of passes that did not come to their end.
func (w *Watch) goOn(ctx context.Context, listed []part) result {
	out := newResult()
	plans := map[string]map[int]part{}
	for _, p := range listed {
		if p.Value.Parts == 0 {
			continue // it was lost
		}
		name := p.Key[:max(strings.LastIndexByte(p.Key, '/'), 0)]
		if plans[name] == nil {
			plans[name] = map[int]part{}
		}
		plans[name][p.Value.Part] = p
	}
	for name, there := range plans {
		if _, begun := there[0]; begun {
			out.add(w.goOnWith(ctx, name, there))
			continue
		}
		for _, p := range there { // somebody is writing it, or nobody will any more
			if p.Age > planTime {
				w.forget(ctx, p.Ref)
			}
		}
	}
	return out
}

// goOnWith carries out a plan of which these parts were listed.
func (w *Watch) goOnWith(ctx context.Context, name string, there map[int]part) result {
	parts, err := w.whole(ctx, name, there)
	if err != nil {
		out := newResult()
		out.fail(err)
		return out
	}
	w.Log.InfoContext(ctx, "going on with what an earlier pass decided", "plan", name, "parts", len(parts), "of", there[0].Value.Parts)
	out := w.carryOut(ctx, parts)
	if err = out.err(); err == nil || ctx.Err() != nil || there[0].Age < planLife {
		return out
	}
	w.Log.ErrorContext(ctx, "plan given up: what is left of it is decided anew", "plan", name, "err", err)
	for _, p := range slices.Backward(parts) { // the head is the last
		w.forget(ctx, p.Ref)
	}
	return result{conflicts: out.conflicts}
}

// whole is a plan with the parts that a listing has not shown. These were
// carried out, or they were written while it was made.
func (w *Watch) whole(ctx context.Context, name string, there map[int]part) ([]part, error) {
	parts := make([]part, there[0].Value.Parts)
	err := parallel(w.writers(), len(parts), func(n int) (err error) {
		var listed bool
		if parts[n], listed = there[n]; !listed {
			parts[n], err = rows[planRow](w).Get(ctx, partKey(name, n))
		}
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read plan %s: %w", name, err)
	}
	return slices.DeleteFunc(parts, func(p part) bool { return p.Value.Parts == 0 }), nil
}
