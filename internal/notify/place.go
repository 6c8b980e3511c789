package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A Place is where in which channel: "slack" and "#bus-errors". With an empty
// To it is the channel as a whole.
type Place struct{ Channel, To string }

func (p Place) String() string { return p.Channel + ":" + p.To }

func (n Notice) place() Place { return Place{n.Channel, n.To} }

// A site is what all instances have to know of a place. It is a row of the
// ledger, beside the notices.
type site struct {
	ID string `json:"id,omitempty"` // the channel's own id of it

	// Of a channel as a whole: until when it asked to be left alone, and
	// since when it has said nothing but "later".
	Held       time.Time `json:"held,omitzero"`
	LaterSince time.Time `json:"laterSince,omitzero"`

	// Deaf is since when it takes no notices, zero while it does; Spell
	// counts how often that was, and Told is whom the present spell was told.
	Deaf  time.Time `json:"deaf,omitzero"`
	Spell int       `json:"spell,omitempty"`
	Told  Place     `json:"told,omitzero"`
	Why   string    `json:"why,omitempty"`

	entry ledger.Entry
}

// sites are all of an environment, as they were when they were read.
type sites map[Place]*site

func (d *Delivery) readSites(ctx context.Context) (sites, error) {
	known := sites{}
	for e, err := range d.Ledger.List(ctx, d.sitePartition()) {
		if err != nil {
			return nil, fmt.Errorf("list places: %w", err)
		}
		at, s, err := siteFrom(e)
		if err != nil {
			return nil, err
		}
		known[at] = s
	}
	return known, nil
}

func siteFrom(e ledger.Entry) (Place, *site, error) {
	row := struct {
		Place Place `json:"place"`
		*site
	}{site: &site{entry: e}}
	if err := json.Unmarshal(e.Value, &row); err != nil {
		return Place{}, nil, fmt.Errorf("decode place %s: %w", e.Key.Row, err)
	}
	return row.Place, row.site, nil
}

// site is what is known of a place; the zero site where nothing is.
func (t *tour) site(at Place) site {
	t.sitesMu.Lock()
	defer t.sitesMu.Unlock()
	if s := t.sites[at]; s != nil {
		return *s
	}
	return site{}
}

// change stores what f makes of a place, unless it returns false. When
// somebody else was first it is asked again.
func (t *tour) change(ctx context.Context, at Place, f func(*site) bool) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	s := t.site(at)
	for range 5 {
		if !f(&s) {
			t.keep(at, s)
			return nil
		}
		err := t.d.storeSite(ctx, at, &s)
		if err == nil {
			t.keep(at, s)
			return nil
		}
		if !errors.Is(err, ledger.ErrChanged) && !errors.Is(err, ledger.ErrExists) && !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("note about %s: %w", at, err)
		}
		s = site{}
		e, err := t.d.Ledger.Get(ctx, t.d.siteKey(at))
		switch {
		case err == nil:
			_, read, err := siteFrom(e)
			if err != nil {
				return err
			}
			s = *read
		case !errors.Is(err, ledger.ErrNotFound):
			return fmt.Errorf("read place %s: %w", at, err)
		}
	}
	return fmt.Errorf("note about %s: %w", at, ledger.ErrChanged)
}

func (t *tour) keep(at Place, s site) {
	t.sitesMu.Lock()
	defer t.sitesMu.Unlock()
	t.sites[at] = &s
}

func (d *Delivery) storeSite(ctx context.Context, at Place, s *site) error {
	value, err := json.Marshal(struct {
		Place Place `json:"place"`
		*site
	}{at, s})
	if err != nil {
		return fmt.Errorf("encode place %s: %w", at, err)
	}
	e := s.entry
	e.Key, e.Value = d.siteKey(at), value
	if e.Version == "" {
		s.entry, err = d.Ledger.Insert(ctx, e)
	} else {
		s.entry, err = d.Ledger.Update(ctx, e)
	}
	return err
}

func (d *Delivery) sitePartition() string { return d.Environment + "/channels" }

func (d *Delivery) siteKey(at Place) ledger.Key {
	return ledger.Key{Partition: d.sitePartition(), Row: at.String()}
}
