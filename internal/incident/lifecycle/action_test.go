package lifecycle_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// An incident may be shown in two digests, of which one shows others too.
func TestActionOnOneDigestKeepsTheOtherComplete(t *testing.T) {
	s := store()
	here, there := incident.Target{Channel: "slack", To: "#bus-errors"}, incident.Target{Channel: "slack", To: "#loyalty"}
	big, small := incident.DigestKey(here, "test", "1"), incident.DigestKey(there, "test", "1")
	for n, fingerprint := range []string{"1-a", "1-b", "1-c"} {
		i := incident.Incident{Fingerprint: fingerprint, Generation: 1, State: incident.Open, Sources: map[string]incident.Seen{"error": {Count: 1}}}
		i.Pages = []incident.Page{{To: here, Key: big, Shared: true}}
		if n == 0 {
			i.Pages = append(i.Pages, incident.Page{To: there, Key: small, Shared: true})
		}
		save(t, s, incident.Stored{Incident: i})
	}
	faces := map[string]string{}
	for _, n := range apply(t, s, lifecycle.Action{Subjects: []string{small}, By: "U0ANN", At: time.Now()}) {
		if n.Act == notify.Update {
			faces[n.Page] = string(n.State) + ": " + n.Headline.Plain()
		}
	}
	if faces[big] != "open: 3 failures of 3 kinds" || faces[small] != "acknowledged: 1 failure of 1 kind" {
		t.Errorf("the digests show %q", faces)
	}
}

// What another machine changed, whose clock is ahead, must not look newer than
// a deed that comes after it.
func TestActionIsNewerThanChangeByAFastClock(t *testing.T) {
	s := store()
	to := incident.Target{Channel: "slack", To: "#bus-errors"}
	digest := incident.DigestKey(to, "test", "1")
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for fingerprint, changed := range map[string]time.Time{"1-a": at.Add(-time.Hour), "1-b": at.Add(time.Minute)} {
		i := incident.Incident{Fingerprint: fingerprint, Generation: 1, State: incident.Open, Pages: []incident.Page{{To: to, Key: digest, Shared: true}}}
		if changed.After(at) {
			i.State = incident.Resolved
		}
		i.Touch(changed)
		save(t, s, incident.Stored{Incident: i})
	}
	written := apply(t, s, lifecycle.Action{Subjects: []string{digest}, By: "U0ANN", At: at})
	i := slices.IndexFunc(written, func(n notify.Notice) bool { return n.Act == notify.Update })
	if i < 0 || written[i].Version <= at.Add(time.Minute).UnixMilli() {
		t.Errorf("%+v: no update that is newer", written)
	}
}

// Another person acknowledged the second incident earlier. A concurrent change
// updates its page, but this action adds no thread line about it.
func TestActionAddsNoThreadLineForUnchangedIncidents(t *testing.T) {
	s := store()
	here, there := incident.Target{Channel: "slack", To: "#bus-errors"}, incident.Target{Channel: "slack", To: "#loyalty"}
	digest := incident.DigestKey(here, "test", "1")
	for fingerprint, state := range map[string]incident.State{"1-a": incident.Open, "1-b": incident.Acknowledged} {
		i := incident.Incident{Fingerprint: fingerprint, Generation: 1, State: state, Sources: map[string]incident.Seen{"error": {Count: 1}}}
		i.Pages = []incident.Page{{To: here, Key: digest, Shared: true}, {To: there, Key: i.PageKey(there)}}
		save(t, s, incident.Stored{Incident: i})
	}
	said := map[string]bool{}
	written := false
	s.Ledger = &meddling{s.Ledger, func(e ledger.Entry) {
		if !written && e.Key.Row == "1-a" { // somebody changes the other one
			written = true
			k, err := s.Find(t.Context(), "incident/1-b/1")
			if err != nil {
				t.Error(err)
			}
			k.Touch(time.Now().Add(time.Second))
			save(t, s, k)
		}
	}}
	for _, n := range apply(t, s, lifecycle.Action{Subjects: []string{digest}, By: "U0ANN", At: time.Now()}) {
		said[string(n.Act)+" "+n.Page] = true
	}
	want := map[string]bool{"update " + digest: true, "reply " + digest: true}
	for _, one := range []string{"update incident/1-a/1@slack:#loyalty", "reply incident/1-a/1@slack:#loyalty", "update incident/1-b/1@slack:#loyalty"} {
		want[one] = true
	}
	if !written || !maps.Equal(said, want) {
		t.Errorf("said %v", said)
	}
}

func store() incident.Store {
	return incident.Store{Ledger: new(ledger.Memory), Environment: "test"}
}

func save(t *testing.T, s incident.Store, k incident.Stored) {
	t.Helper()
	if err := s.Save(t.Context(), k); err != nil {
		t.Fatal(err)
	}
}

// meddling is a ledger that calls somebody before each update.
type meddling struct {
	ledger.Ledger
	before func(ledger.Entry)
}

func (l *meddling) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	l.before(e)
	return l.Ledger.Update(ctx, e)
}

// apply applies an action and returns the notices that are in the ledger.
func apply(t *testing.T, s incident.Store, a lifecycle.Action) (notices []notify.Notice) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := &outbox.Delivery{Ledger: s.Ledger, Environment: s.Environment, Log: log}
	j := &incident.Journal{Ledger: s.Ledger, Environment: s.Environment, Records: s, Delivery: d, Log: log}
	if _, err := (&lifecycle.Tracker{Incidents: s, Journal: j}).Apply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	all, err := d.History(t.Context(), func(notify.Notice) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		notices = append(notices, one.Notice)
	}
	return notices
}
