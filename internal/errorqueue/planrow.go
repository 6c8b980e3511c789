package errorqueue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// mostPlan is how much of a plan is put into one row, in bytes; mostStep is
// how large a single step or notice may be.
const (
	mostPlan = 400 << 10
	mostStep = ledger.MaxValue - 1<<10
)

// A planRow is a part of a plan as the ledger keeps it. Only a plan of which
// all parts are there has been begun.
type planRow struct {
	Part    int       `json:"part"`
	Parts   int       `json:"parts"` // 0: the row was lost
	Plan    plan      `json:"plan"`
	Written time.Time `json:"written,omitzero"`
}

// planTime is longer than any pass takes: a plan that is not whole after that
// never will be.
const planTime = 10 * time.Minute

// parts cuts a plan into pieces that fit into rows. What fits into none, or
// cannot be encoded, is taken out of the plan and logged.
func (w *Watch) parts(ctx context.Context, p *plan) (all []plan) {
	room := 0
	add := func(v any, attrs ...any) *plan {
		text, err := json.Marshal(v)
		if n := len(text); n > mostStep {
			err = fmt.Errorf("%d bytes are more than the %d that fit into a row", n, mostStep)
		}
		if err != nil {
			w.Log.ErrorContext(ctx, "left out of the plan: it cannot be written", append(attrs, "err", err)...)
			return nil
		}
		if room -= len(text); room < 0 || all == nil {
			all, room = append(all, plan{}), mostPlan-len(text)
		}
		return &all[len(all)-1]
	}
	p.Steps = slices.DeleteFunc(p.Steps, func(s step) bool {
		part := add(s, "incident", s.Incident.Fingerprint)
		if part != nil {
			part.Steps = append(part.Steps, s)
		}
		return part == nil
	})
	p.Common = slices.DeleteFunc(p.Common, func(c common) bool {
		part := add(c, "notice", c.Notice.Key)
		if part != nil {
			part.Common = append(part.Common, c)
		}
		return part == nil
	})
	return all
}

// begin writes a plan before it is carried out, and returns its rows.
func (w *Watch) begin(ctx context.Context, p *plan) ([]ledger.Ref, error) {
	parts := w.parts(ctx, p)
	name := planPrefix + rand.Text()
	var begun []ledger.Ref
	for n, part := range parts {
		row := ledger.Row[planRow]{Ref: ledger.Ref{Key: fmt.Sprintf("%s/%d", name, n)}, Value: planRow{Part: n, Parts: len(parts), Plan: part, Written: w.now()}}
		row, err := rows[planRow](w).Save(ctx, row)
		if err != nil {
			return nil, fmt.Errorf("write what was decided: %w", err)
		}
		begun = append(begun, row.Ref)
	}
	return begun, nil
}

// forget removes the rows of a plan that was carried out. One that stays is
// carried out again, which says nothing new.
func (w *Watch) forget(ctx context.Context, done []ledger.Ref) {
	for _, r := range done {
		if err := rows[planRow](w).Delete(ctx, r); err != nil {
			w.Log.InfoContext(ctx, "what was decided is still in the ledger", "err", err)
		}
	}
}

// goOn carries out the plans of passes that did not come to their end. Of one
// with a part missing nothing has been carried out: somebody else is writing
// it, or it is decided anew. It returns the incidents that somebody has changed
// since.
func (w *Watch) goOn(ctx context.Context, plans []ledger.Row[planRow]) (again overtaken, err error) {
	again = overtaken{}
	var done []ledger.Ref
	whole := map[string]plan{}
	parts := map[string][]ledger.Ref{}
	for _, r := range plans {
		row := r.Value
		if row.Parts == 0 {
			continue // see retell
		}
		name := r.Key[:max(strings.LastIndexByte(r.Key, '/'), 0)]
		p := whole[name]
		p.Steps, p.Common = append(p.Steps, row.Plan.Steps...), append(p.Common, row.Plan.Common...)
		whole[name] = p
		parts[name] = append(parts[name], r.Ref)
		if w.now().Sub(row.Written) > planTime {
			done = append(done, r.Ref)
		}
		if len(parts[name]) < row.Parts {
			continue
		}
		w.Log.InfoContext(ctx, "going on with what an earlier pass decided", "incidents", len(p.Steps))
		more, err := w.carryOut(ctx, p)
		if err != nil {
			return nil, err
		}
		maps.Copy(again, more)
		done = append(done, parts[name]...)
	}
	w.forget(ctx, done)
	return again, nil
}
