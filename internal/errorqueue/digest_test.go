package errorqueue_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

func TestManyReportedAgainLeaveTheirDigestTogether(t *testing.T) {
	d := newDriverWith(t, triage.Config{})
	for i := range 8 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		deed := lifecycle.Action{Subjects: []string{k.Pages[0].Key}, By: "U0123", At: d.now, Until: d.now.Add(time.Hour)}
		if _, err := d.Apply(t.Context(), deed); err != nil {
			t.Fatal(err)
		}
		break
	}
	d.pass(t)
	d.wait(time.Hour)
	wantHeard(t, d.pass(t), "post: 8 failures of 8 kinds", "update: Nothing is left here: what had to be heard again is shown further down")
}

// So does what a pass is killed at, whose clock is ahead of the ledger's.
func TestAKilledPassOfAClockAheadLeavesNoDigestBehind(t *testing.T) {
	for at := 0; ; at++ {
		d := newDriver(t)
		for i := range 8 {
			d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		}
		d.pass(t)
		click := d.clickOnAny(t)
		click.Until = d.now.Add(time.Hour)
		if err := d.do(t, click); err != nil {
			t.Fatal(err)
		}
		d.wait(time.Hour)
		d.chat.said = nil
		d.skew = 100 * time.Second
		d.crashAt(at)
		_, err := d.Run(t.Context())
		d.ledger.before, d.skew = nil, 0
		d.pass2(t)
		if heard := d.chat.heard(); !heardOf(heard, "Nothing is left here") && err != nil {
			t.Errorf("killed at write %d: heard %q", at, heard)
		}
		if err == nil {
			break
		}
	}
}

// When what all services need is down, each of many places brings a few.
func TestManyNewProblemsInManyPlacesAreOneDigest(t *testing.T) {
	for places, want := range map[int]int{4: 20, 5: 1} {
		d := newDriver(t)
		d.Sources = nil
		for n := range places {
			p := source.Source{Queue: fmt.Sprintf("error%d", n)}
			d.Sources, d.queues[p.Entity()] = append(d.Sources, p), &queue{}
		}
		d.pass(t)
		for n, p := range d.Sources {
			for i := range 5 {
				d.queues[p.Entity()].fail(1, fmt.Sprintf("Event%c%c", 'A'+n, 'A'+i), "Broken")
			}
		}
		if got := d.pass(t); len(got) != want {
			t.Errorf("%d places: heard %d messages, want %d:\n%s", places, len(got), want, strings.Join(got, "\n"))
		}
	}
}

// A digest that one after the other has left must not say that all is well.
func TestADigestThatAllHaveLeftDoesNotSayResolved(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "incident.count >= 5", Priority: "P2"})
	for i := range 6 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	for i := range 6 {
		d.queues["error"].fail(4, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		for _, line := range d.pass(t) {
			if strings.Contains(line, "esolved") {
				t.Errorf("after %d have left: %s", i+1, line)
			}
		}
	}
}

// What the pass after one that was killed before its end brings together is
// heard in a digest of its own.
func TestFailureAfterAKilledPassIsReported(t *testing.T) {
	d := newDriver(t)
	d.pass(t)
	for i := range 7 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.endless()
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err == nil {
		t.Fatal("the pass could write that it has ended")
	}
	d.ledger.before = nil
	for i := range 7 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'K'+i), "Broken")
	}
	wantHeard(t, d.pass(t), "post: 7 failures of 7 kinds", "post: 7 failures of 7 kinds")
}

// A click on one of a digest, while a pass has saved that one and not the
// others yet, shows the others as they were. Whether the pass comes to its end
// or is killed, the digest is whole in the end.
func TestActionDuringAPassKeepsTheDigestCurrent(t *testing.T) {
	for _, killed := range []bool{false, true} {
		d := newDriver(t)
		for i := range 7 {
			d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		}
		d.pass(t)
		for i := range 7 {
			d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		}
		saved := []string{}
		d.ledger.before = func(e ledger.Entry) error {
			if !strings.HasSuffix(e.Key.Partition, "/incidents") {
				return nil
			}
			if saved = append(saved, e.Key.Row); len(saved) < 4 {
				return nil
			}
			d.ledger.before = nil
			d.wait(time.Second)
			deed := lifecycle.Action{Subjects: []string{"incident/" + saved[0] + "/1"}, By: "ann in the pager", At: d.now}
			if _, err := d.Apply(t.Context(), deed); err != nil {
				t.Error(err)
			}
			if killed {
				return errCrash
			}
			return nil
		}
		d.wait(2 * time.Minute)
		if _, err := d.Run(t.Context()); (err != nil) != killed {
			t.Fatal(err)
		}
		d.pass(t)
		var newest notify.Notice
		for e, err := range d.ledger.List(t.Context(), "test/notices") {
			var row struct{ Notice notify.Notice }
			if err != nil || json.Unmarshal(e.Value, &row) != nil {
				t.Fatal("no notice")
			}
			if n := row.Notice; n.Act == notify.Post && n.Version > newest.Version {
				newest = n
			}
		}
		if got := newest.Headline.Plain(); got != "14 failures of 7 kinds" {
			t.Errorf("killed %t: the digest shows %q", killed, got)
		}
	}
}

// While one process posts a digest, another posts one of its incidents alone.
// While one moves an incident out of a digest, another moves the last one out.
// The digest shows what is left in it, also where the process is killed before
// it has decided again.
func TestADigestShowsOnlyWhatIsLeftInIt(t *testing.T) {
	for _, c := range []struct {
		name          string
		before        map[string]int // failures by event that are known
		here, besides map[string]int // what the process and the other one see
		want          string
	}{
		{"posted", nil, counts("ABCDEF", 1), counts("A", 1), "5 failures of 5 kinds"},
		{"left", counts("ABCDEF", 1), counts("A", 5), counts("B", 5), "Nothing is left here: what had to be heard again is shown further down"},
	} {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, killed: %t", c.name, killed), func(t *testing.T) {
				d := newDriver(t, triage.PageRule{When: "incident.count >= 5", Priority: "P2"})
				see := func(counts map[string]int) {
					d.queues["error"].messages = nil
					for _, event := range slices.Sorted(maps.Keys(counts)) {
						d.queues["error"].fail(counts[event], event, "Broken")
					}
				}
				pass := func() error {
					d.wait(2 * time.Minute)
					_, err := d.Run(t.Context())
					return err
				}
				var steps []error
				known := c.before
				if known != nil {
					see(known)
					steps = append(steps, pass())
					known = with(known, counts("CDEF", 5))
					see(known)
					steps = append(steps, pass())
				}
				see(with(known, c.here))
				d.ledger.before = func(e ledger.Entry) error {
					if !strings.HasSuffix(e.Key.Partition, "/journal") {
						return nil
					}
					d.ledger.before = nil
					see(with(known, c.besides))
					steps = append(steps, pass())
					d.ledger.before = func(e ledger.Entry) error {
						if killed && strings.HasSuffix(e.Key.Partition, "/journal") && e.Version == "" {
							return errCrash
						}
						return nil
					}
					return nil
				}
				if err := pass(); (err != nil) != killed {
					t.Fatal(err)
				}
				d.ledger.before = nil
				see(with(with(known, c.here), c.besides))
				if err := errors.Join(append(steps, pass(), pass())...); err != nil {
					t.Fatal(err)
				}
				shown := map[string]string{}
				for _, n := range d.chat.said {
					if n.Act == notify.Post || n.Act == notify.Update {
						shown[cmp.Or(n.Page, n.Key)] = n.Headline.Plain()
					}
				}
				digests := 0
				for key, shown := range shown {
					if strings.HasPrefix(key, "digest/") {
						if digests++; shown != c.want {
							t.Errorf("%s shows %q, want %q", key, shown, c.want)
						}
					}
				}
				if digests != 1 {
					t.Errorf("%d digests", digests)
				}
			})
		}
	}
}

// with are counts with some replaced.
func with(all, some map[string]int) map[string]int {
	both := map[string]int{}
	maps.Copy(both, all)
	maps.Copy(both, some)
	return both
}

// counts are as many failures of each event.
func counts(events string, n int) map[string]int {
	all := map[string]int{}
	for _, event := range events {
		all["Event"+string(event)] = n
	}
	return all
}
