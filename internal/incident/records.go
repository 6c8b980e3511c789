package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// A Journal commits changes of incidents.
type Journal = journal.Journal[Incident]

var _ journal.Records[Incident] = Store{}

// Record is the incident for a journal. decided says that its newest decision
// is new.
func (k Stored) Record(decided bool, notices ...notify.Notice) journal.Record[Incident] {
	return journal.Record[Incident]{Key: k.Fingerprint, Version: k.row.Version, Value: k.Incident, Decided: decided, Notices: notices}
}

// Write writes an incident for a journal.
func (s Store) Write(ctx context.Context, r journal.Record[Incident], writeID string) (journal.Outcome, error) {
	row := ledger.Row[Incident]{Ref: ledger.Ref{Key: r.Key, Version: r.Version}, Value: r.Value}
	_, err := s.table().SaveAs(ctx, row, writeID)
	switch {
	case err == nil:
		return journal.Outcome{Written: true, Pages: pageKeys(&r.Value)}, nil
	case !ledger.Conflict(err):
		return journal.Outcome{}, fmt.Errorf("save incident row %s: %w", r.Key, err)
	}
	there, err := s.Find(ctx, r.Value.Subject())
	if errors.Is(err, ErrOver) || err == nil && there.Generation != r.Value.Generation {
		return journal.Outcome{}, nil // its pages are those of another life
	}
	made := r.Decided && len(r.Value.Decisions) > 0 && slices.ContainsFunc(there.Decisions, r.Value.Decisions[len(r.Value.Decisions)-1].equal)
	return journal.Outcome{Changed: made, Pages: pageKeys(&there.Incident)}, err
}

// equal reports whether both are one decision.
func (d Decision) equal(e Decision) bool {
	return d.At.Equal(e.At) && d.By == e.By && slices.Equal(d.Why, e.Why)
}

// Shown returns what the pages of all incidents show, for a journal.
func (s Store) Shown(ctx context.Context) (map[string]journal.Shown, error) {
	all, err := s.All(ctx)
	shown := make(map[string]journal.Shown, len(all))
	for fingerprint, k := range all {
		shown[fingerprint] = journal.Shown{Version: k.Version, Pages: pageKeys(&k.Incident)}
	}
	return shown, err
}

// pageKeys are the keys of the notices that opened its pages and alerts.
func pageKeys(i *Incident) (keys []string) {
	for _, p := range i.Pages {
		keys = append(keys, p.Key)
	}
	for _, a := range i.Alerts {
		keys = append(keys, a.Key)
	}
	return keys
}
