package errorqueue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// mostPlan is how much of a plan is put into one row, in bytes.
const mostPlan = 400 << 10

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

// parts cuts a plan into pieces that fit into rows.
func (p plan) parts() ([]plan, error) {
	var all []plan
	room := 0
	add := func(v any) (*plan, error) {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode what was decided: %w", err)
		}
		if room -= len(text); room < 0 || all == nil {
			all, room = append(all, plan{}), mostPlan-len(text)
		}
		return &all[len(all)-1], nil
	}
	for _, s := range p.Steps {
		part, err := add(s)
		if err != nil {
			return nil, err
		}
		part.Steps = append(part.Steps, s)
	}
	for _, c := range p.Common {
		part, err := add(c)
		if err != nil {
			return nil, err
		}
		part.Common = append(part.Common, c)
	}
	return all, nil
}

// begin writes a plan before it is carried out, and returns its rows.
func (w *Watch) begin(ctx context.Context, p plan) ([]ledger.Ref, error) {
	parts, err := p.parts()
	if err != nil {
		return nil, err
	}
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
