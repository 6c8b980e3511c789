package incident_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// An incident may be shown in two digests, of which one shows others too.
func TestADeedOnOneDigestLeavesTheOtherWhole(t *testing.T) {
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
	_, err := s.Apply(t.Context(), incident.Deployment{}, incident.Action{Subjects: []string{small}, By: "U0ANN", At: time.Now()}, func(_ context.Context, _ []incident.Change, say []incident.Shared) (map[string]bool, error) {
		for _, one := range say {
			if n := one.Notice; n.Act == notify.Update {
				faces[n.Page] = string(n.State) + ": " + n.Headline.Plain()
			}
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if faces[big] != "open: 3 failures of 3 kinds" || faces[small] != "acknowledged: 1 failure of 1 kind" {
		t.Errorf("the digests show %q", faces)
	}
}

// What another machine changed, whose clock is ahead, must not look newer than
// a deed that comes after it.
func TestADeedIsNewerThanWhatAFastClockChanged(t *testing.T) {
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
	_, err := s.Apply(t.Context(), incident.Deployment{}, incident.Action{Subjects: []string{digest}, By: "U0ANN", At: at}, func(_ context.Context, _ []incident.Change, say []incident.Shared) (map[string]bool, error) {
		if n := say[0].Notice; n.Act != notify.Update || n.Version <= at.Add(time.Minute).UnixMilli() {
			t.Errorf("%s has version %d", n.Key, n.Version)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is only shown again, because somebody changed it meanwhile, was not done
// by this deed: somebody else had acknowledged it before.
func TestADeedSaysNothingOfWhatItOnlyShowsAgain(t *testing.T) {
	s := store()
	here, there := incident.Target{Channel: "slack", To: "#bus-errors"}, incident.Target{Channel: "slack", To: "#loyalty"}
	digest := incident.DigestKey(here, "test", "1")
	for fingerprint, state := range map[string]incident.State{"1-a": incident.Open, "1-b": incident.Acknowledged} {
		i := incident.Incident{Fingerprint: fingerprint, Generation: 1, State: state, Sources: map[string]incident.Seen{"error": {Count: 1}}}
		i.Pages = []incident.Page{{To: here, Key: digest, Shared: true}, {To: there, Key: i.PageKey(there)}}
		save(t, s, incident.Stored{Incident: i})
	}
	said := map[string]bool{}
	overtaken := map[string]bool{"1-b": true}
	_, err := s.Apply(t.Context(), incident.Deployment{}, incident.Action{Subjects: []string{digest}, By: "U0ANN", At: time.Now()}, func(_ context.Context, _ []incident.Change, say []incident.Shared) (map[string]bool, error) {
		for _, one := range say {
			said[string(one.Notice.Act)+" "+one.Notice.Page] = true
		}
		defer func() { overtaken = nil }()
		return overtaken, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"update " + digest: true, "reply " + digest: true}
	for _, one := range []string{"update incident/1-a/1@slack:#loyalty", "reply incident/1-a/1@slack:#loyalty", "update incident/1-b/1@slack:#loyalty"} {
		want[one] = true
	}
	if !maps.Equal(said, want) {
		t.Errorf("said %v", said)
	}
}
