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
