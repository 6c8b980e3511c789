package incident_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// A click is followed by another before the first is noted: somebody else's,
// or the same person's because the first got no answer. The thread has one line.
func TestWhatIsDoneTwiceAtOnceIsSaidOnce(t *testing.T) {
	errKilled := errors.New("killed")
	for _, tt := range []struct {
		name   string
		snooze time.Duration
		first  error
	}{
		{"two acknowledge", 0, nil},
		{"the first acknowledgement was killed", 0, errKilled},
		{"two snooze", 4 * time.Hour, nil},
		{"the first to snooze was killed", 4 * time.Hour, errKilled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := store()
			to := incident.Target{Channel: "slack", To: "#bus-errors"}
			i := incident.Incident{Fingerprint: "1-abc", Generation: 1, State: incident.Open}
			i.Pages = []incident.Page{{To: to, Key: i.PageKey(to)}}
			save(t, s, incident.Kept{Incident: i})
			said := map[string]notify.Notice{}
			note := func(_ context.Context, notices ...notify.Notice) error {
				for _, n := range notices {
					if n.Act == notify.Remark {
						said[n.Key] = n
					}
				}
				return nil
			}
			do := func(by string, at time.Time, write func(context.Context, ...notify.Notice) error) error {
				deed := incident.Deed{Subject: i.Subject(), By: by, At: at}
				if tt.snooze > 0 {
					deed.Until = at.Add(tt.snooze)
				}
				_, err := s.Do(t.Context(), incident.Voice{}, deed, write)
				return err
			}
			at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
			interrupted := false
			err := do("U0ANN", at, func(ctx context.Context, notices ...notify.Notice) error {
				if err := note(ctx, notices...); err != nil || interrupted {
					return err
				}
				interrupted = true
				if tt.first == nil {
					return do("U0BEN", at.Add(time.Millisecond), note)
				}
				return tt.first
			})
			if !errors.Is(err, tt.first) {
				t.Fatal(err)
			}
			if err := do("U0ANN", at.Add(time.Second), note); err != nil {
				t.Fatal(err)
			}
			if len(said) != 1 {
				t.Errorf("said %d times: %v", len(said), said)
			}
			if k := known(t, s); k.State == incident.Open || k.Deeds != 1 {
				t.Errorf("kept %s after %d deeds", k.State, k.Deeds)
			}
		})
	}
}

// A pass counts more messages between a click's reading and its writing: the
// page shows both in the end, though the click is later than the pass.
func TestADeedThatAPassOvertakesShowsWhatThePassSaw(t *testing.T) {
	s := store()
	to := incident.Target{Channel: "slack", To: "#bus-errors"}
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	i := incident.Incident{Fingerprint: "1-abc", Generation: 1, State: incident.Open, Sources: map[string]incident.Seen{"error": {Count: 2}}}
	i.Pages = []incident.Page{{To: to, Key: i.PageKey(to)}}
	save(t, s, incident.Kept{Incident: i})
	written := map[string]notify.Notice{} // as the ledger has it: the first of each key stays
	var newest notify.Notice
	overtaken := false
	_, err := s.Do(t.Context(), incident.Voice{}, incident.Deed{Subject: i.Subject(), By: "U0ANN", At: at}, func(_ context.Context, notices ...notify.Notice) error {
		for _, n := range notices {
			if _, there := written[n.Key]; !there {
				written[n.Key] = n
				if n.Act == notify.Revise && n.Version > newest.Version {
					newest = n
				}
			}
		}
		if !overtaken {
			overtaken = true
			k := known(t, s)
			k.Sources = map[string]incident.Seen{"error": {Count: 3}}
			k.Touch(at.Add(-time.Second))
			save(t, s, k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := newest.Headline.Plain(); newest.State != notify.Acknowledged || got != "3 failed message" {
		t.Errorf("the page shows %s: %s", newest.State, got)
	}
}

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
		save(t, s, incident.Kept{Incident: i})
	}
	faces := map[string]string{}
	_, err := s.Do(t.Context(), incident.Voice{}, incident.Deed{Subject: small, By: "U0ANN", At: time.Now()}, func(_ context.Context, notices ...notify.Notice) error {
		for _, n := range notices {
			if n.Act == notify.Revise {
				faces[n.Page] = string(n.State) + ": " + n.Headline.Plain()
			}
		}
		return nil
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
		save(t, s, incident.Kept{Incident: i})
	}
	_, err := s.Do(t.Context(), incident.Voice{}, incident.Deed{Subject: digest, By: "U0ANN", At: at}, func(_ context.Context, notices ...notify.Notice) error {
		if n := notices[0]; n.Act != notify.Revise || n.Version <= at.Add(time.Minute).UnixMilli() {
			t.Errorf("%s has version %d", n.Key, n.Version)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
