package repair

import (
	"log/slog"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// Its next life must not repeat an earlier notice.
func TestALostIncidentGoesOnAfterTheLastLifeThatNoticesKnow(t *testing.T) {
	s := incident.Store{Ledger: new(ledger.Memory), Environment: "test"}
	d := &outbox.Delivery{Ledger: s.Ledger, Environment: s.Environment, Log: slog.New(slog.DiscardHandler)}
	for generation := range 3 {
		i := incident.Incident{Fingerprint: "1-abc", Generation: generation + 1, State: incident.Open}
		if err := d.Write(t.Context(), notice.Post(notice.Deployment{}, &i, incident.Target{Channel: "slack", To: "#bus"}, "first seen")); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []string{"1-abc", "1-def"} {
		e := ledger.Entry{Key: ledger.Key{Partition: "test/incidents", Row: row}, Value: []byte(`{"v":9,"fingerprint":"1-abc","state":"asleep"}`)}
		if _, err := s.Ledger.Insert(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.All(t.Context())
	if err != nil || len(all) != 2 || !all["1-abc"].Lost() {
		t.Fatalf("%+v, %v", all, err)
	}
	told, err := d.History(t.Context(), func(notify.Notice) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if err := rebuild(t.Context(), s, all, told, time.Now(), d.Write); err != nil {
		t.Fatal(err)
	}
	all, err = s.All(t.Context())
	if k := all["1-abc"]; err != nil || len(all) != 1 || k.Generation != 3 || k.Alive() || k.Lost() {
		t.Errorf("%+v, %v", all, err)
	}
}
