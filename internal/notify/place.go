package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A Place is where in which channel: "slack" and "#bus-errors". With an empty
// To it is the channel as a whole.
type Destination struct{ Channel, To string }

func (p Destination) String() string { return p.Channel + ":" + p.To }

func (n Notice) place() Destination { return Destination{n.Channel, n.To} }

// A site is what all instances have to know of a place. It is a row of the
// ledger, beside the notices.
type site struct {
	ID string `json:"id,omitempty"` // the channel's own id of it

	// Of a channel as a whole: how long, from the row's last write on, it asked
	// to be left alone, and since when it has said nothing but "later".
	Held       time.Duration `json:"held,omitempty"`
	LaterSince time.Time     `json:"laterSince,omitzero"`

	// Deaf is since when it takes no notices, zero while it does; Spell
	// counts how often that was, and Told is whom the present spell was told.
	Deaf  time.Time   `json:"deaf,omitzero"`
	Spell int         `json:"spell,omitempty"`
	Told  Destination `json:"told,omitzero"`
	Why   string      `json:"why,omitempty"`

	held  time.Time // by our clock, until when it is to be left alone
	entry ledger.Ref
}

// sites are all of an environment, as they were when they were read.
type sites map[Destination]*site

func (d *Delivery) readSites(ctx context.Context) (sites, error) {
	known := sites{}
	for row, err := range d.places().List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list places: %w", err)
		}
		channel, to, _ := strings.Cut(row.Key, ":")
		s := d.siteFrom(row)
		known[Destination{channel, to}] = &s
	}
	return known, nil
}

// siteFrom reads a row. What began, began before it was written: the clock of
// its writer may be ahead of ours.
func (d *Delivery) siteFrom(row ledger.Row[site]) site {
	s, written := row.Value, row.WrittenBy(d.now())
	s.entry, s.held = row.Ref, written.Add(s.Held)
	for _, since := range []*time.Time{&s.LaterSince, &s.Deaf} {
		if since.After(written) {
			*since = written
		}
	}
	return s
}

// site is what is known of a place; the zero site where nothing is.
func (t *tour) site(at Destination) site {
	t.sitesMu.Lock()
	defer t.sitesMu.Unlock()
	if s := t.sites[at]; s != nil {
		return *s
	}
	return site{}
}

// change stores what f makes of a place, unless it returns false. When
// somebody else was first it is asked again.
func (t *tour) change(ctx context.Context, at Destination, f func(*site) bool) error {
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
		if !ledger.Conflict(err) {
			return fmt.Errorf("note about %s: %w", at, err)
		}
		row, err := t.d.places().Get(ctx, at.String())
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("read place %s: %w", at, err)
		}
		s = t.d.siteFrom(row)
	}
	return fmt.Errorf("note about %s: %w", at, ledger.ErrChanged)
}

func (t *tour) keep(at Destination, s site) {
	t.sitesMu.Lock()
	defer t.sitesMu.Unlock()
	t.sites[at] = &s
}

func (d *Delivery) storeSite(ctx context.Context, at Destination, s *site) error {
	s.Held = max(s.held.Sub(d.now()), 0)
	row := ledger.Row[site]{Ref: s.entry, Value: *s}
	row.Key = at.String()
	row, err := d.places().Save(ctx, row)
	if err == nil {
		s.entry = row.Ref
	}
	return err
}

func (d *Delivery) places() ledger.Table[site] {
	return ledger.Table[site]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "channels", Shape: 1}
}
