package lifecycle

import (
	"slices"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/reason"
)

var at8 = time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)

// lying is a sighting of n messages that the rules give a priority.
func lying(n int, priority string) incident.Observation {
	s := incident.Observation{Priority: priority, Sources: map[string]incident.Seen{}}
	if n > 0 {
		s.Sources["error"] = incident.Seen{Count: n, Oldest: at8}
	}
	return s
}

// with changes an incident for one line of a table.
func with(i incident.Incident, change func(*incident.Incident)) incident.Incident {
	change(&i)
	return i
}

func TestDecide(t *testing.T) {
	bug := incident.Silence{Why: incident.Ignored, Because: "BILL-42"}
	ignored := func(n int, priority string) incident.Observation {
		s := lying(n, priority)
		s.Ignored = bug
		return s
	}
	ending := func(n int, in time.Duration) incident.Observation {
		s := lying(n, "")
		s.Sources["error"] = incident.Seen{Count: n, Oldest: at8, Expires: at8.Add(in)}
		return s
	}
	open := incident.Incident{Generation: 1, State: incident.Open, Announced: 2, GrowsAt: 4, BroadcastAt: at8}
	paged := with(open, func(i *incident.Incident) { i.Priority = "P2" })
	over := incident.Incident{Generation: 1, State: incident.Resolved, Priority: "P1"}
	acknowledged := with(open, func(i *incident.Incident) { i.State = incident.Acknowledged })
	snoozed := with(open, func(i *incident.Incident) { i.State, i.SnoozedUntil = incident.Snoozed, at8.Add(4*time.Hour) })
	held := with(open, func(i *incident.Incident) { i.Silence.Why, i.BroadcastAt = incident.Quiet, time.Time{} })
	heldOver := with(over, func(i *incident.Incident) { i.Silence.Why, i.Priority = incident.Quiet, "" })
	silenced := with(open, func(i *incident.Incident) { i.Silence = bug })
	warned := with(open, func(i *incident.Incident) { i.ExpiryAnnounced = true })
	flapping := with(open, func(i *incident.Incident) { i.Returns = []time.Time{at8.Add(-time.Hour), at8} })
	gone := with(flapping, func(i *incident.Incident) { i.GoneSince = at8.Add(5 * time.Minute) })

	const day, night = false, true
	for _, tt := range []struct {
		name  string
		seen  incident.Observation
		known incident.Incident
		after time.Duration // since eight o'clock
		quiet bool
		want  reason.Reasons
	}{
		{"nothing at all", lying(0, ""), incident.Incident{}, 0, day, nil},
		{"never seen", lying(3, ""), incident.Incident{}, 0, day, reason.Reasons{reason.FirstSeen}},
		{"never seen, pages", lying(3, "P1"), incident.Incident{}, 0, day, reason.Reasons{reason.FirstSeen, reason.Escalated}},
		{"known, no more of it", lying(2, ""), open, 0, day, nil},
		{"fewer, not gone", lying(1, ""), open, 0, day, nil},
		{"next step not reached", lying(3, ""), open, 0, day, nil},
		{"next step reached", lying(4, ""), open, 0, day, reason.Reasons{reason.Growing}},
		{"far beyond the next step", lying(400, ""), open, 0, day, reason.Reasons{reason.Growing}},
		{"a page rule begins to match", lying(2, "P3"), open, 0, day, reason.Reasons{reason.Escalated}},
		{"grows and pages", lying(9, "P3"), open, 0, day, reason.Reasons{reason.Escalated, reason.Growing}},
		{"paged already", lying(2, "P2"), paged, 0, day, nil},
		{"the priority rises", lying(2, "P1"), paged, 0, day, reason.Reasons{reason.Escalated}},
		{"the priority never falls", lying(2, "P3"), paged, 0, day, nil},
		{"the rule matches no more", lying(2, ""), paged, 0, day, nil},
		{"gone", lying(0, ""), open, 0, day, reason.Reasons{reason.Resolved}},
		{"gone is said once", lying(0, ""), over, 0, day, nil},
		{"back again", lying(1, ""), over, 0, day, reason.Reasons{reason.Reopened}},
		{"back again, pages again", lying(1, "P3"), over, 0, day, reason.Reasons{reason.Reopened, reason.Escalated}},

		{"not yet time for a reminder", lying(2, ""), open, 3 * time.Hour, day, nil},
		{"time for a reminder", lying(2, ""), open, 4 * time.Hour, day, reason.Reasons{reason.Reminder}},
		{"what escalates needs no reminder", lying(2, "P1"), open, 5 * time.Hour, day, reason.Reasons{reason.Escalated}},
		{"what grows in its thread does", lying(4, ""), open, 5 * time.Hour, day, reason.Reasons{reason.Growing, reason.Reminder}},
		{"somebody looks after it", lying(2, ""), acknowledged, 9 * time.Hour, day, nil},
		{"somebody looks after it, and it grows", lying(9, ""), acknowledged, 9 * time.Hour, day, reason.Reasons{reason.Growing}},
		{"somebody looks after it, and it escalates", lying(2, "P1"), acknowledged, 0, day, reason.Reasons{reason.Escalated}},
		{"somebody mended it", lying(0, ""), acknowledged, 0, day, reason.Reasons{reason.Resolved}},
		{"snoozed", lying(2, ""), snoozed, 3 * time.Hour, day, nil},
		{"the snooze is over", lying(2, ""), snoozed, 4 * time.Hour, day, reason.Reasons{reason.SnoozeOver}},
		{"the snooze is over at night", lying(2, ""), snoozed, 4 * time.Hour, night, nil},
		{"snoozed and gone", lying(0, ""), snoozed, time.Hour, day, reason.Reasons{reason.Resolved}},

		{"first seen at night", lying(2, ""), incident.Incident{}, 0, night, reason.Reasons{reason.FirstSeen}},
		{"no reminder at night", lying(2, ""), open, 9 * time.Hour, night, nil},
		{"a page is not held back", lying(2, "P1"), open, 9 * time.Hour, night, reason.Reasons{reason.Escalated}},
		{"what paged reminds at night", lying(2, "P2"), paged, 9 * time.Hour, night, reason.Reasons{reason.Reminder}},
		{"held back", lying(9, ""), held, 0, night, nil},
		{"held back, and then it pages", lying(2, "P1"), held, 0, night, reason.Reasons{reason.HeldBack, reason.Escalated}},
		{"held back until the morning", lying(9, ""), held, 0, day, reason.Reasons{reason.HeldBack}},
		{"went at night", lying(0, ""), held, 0, night, reason.Reasons{reason.Resolved}},
		{"came and went at night", lying(0, ""), heldOver, 0, night, nil},
		{"came and went, told in the morning", lying(0, ""), heldOver, 0, day, reason.Reasons{reason.HeldBack}},

		{"ignored from the first", ignored(2, "P1"), incident.Incident{}, 0, day, reason.Reasons{reason.FirstSeen}},
		{"ignored later", ignored(2, "P1"), open, 0, day, reason.Reasons{reason.Ignored}},
		{"ignored and growing", ignored(90, "P1"), silenced, 9 * time.Hour, day, nil},
		{"ignored and gone", ignored(0, ""), silenced, 0, day, reason.Reasons{reason.Resolved}},
		{"no longer ignored", lying(2, ""), silenced, 0, day, reason.Reasons{reason.Unignored}},
		{"no longer ignored, and it pages", lying(2, "P1"), silenced, 0, night, reason.Reasons{reason.Unignored, reason.Escalated}},
		{"no longer ignored, at night", lying(2, ""), silenced, 0, night, nil},

		{"its messages disappear in a while", ending(2, 72*time.Hour), open, 0, day, nil},
		{"its messages disappear soon", ending(2, 47*time.Hour), open, 0, day, reason.Reasons{reason.Expiring}},
		{"its messages disappear soon, as told", ending(2, 47*time.Hour), warned, 0, day, nil},

		{"comes and goes", lying(0, ""), flapping, 5 * time.Minute, day, nil},
		{"comes and goes, away for a while", lying(0, ""), gone, 19 * time.Minute, day, nil},
		{"comes and goes, back in time", lying(1, ""), gone, 19 * time.Minute, day, nil},
		{"comes and goes, stays away", lying(0, ""), gone, 20 * time.Minute, day, reason.Reasons{reason.Resolved}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy{remindAfter: 4 * time.Hour, quiet: tt.quiet}
			if got := decide(tt.seen, tt.known, at8.Add(tt.after), p); !slices.Equal(got, tt.want) {
				t.Errorf("decide = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRemindersCanBeTurnedOff(t *testing.T) {
	open := incident.Incident{Generation: 1, State: incident.Open, GrowsAt: 4, BroadcastAt: at8}
	if got := decide(lying(2, ""), open, at8.AddDate(1, 0, 0), policy{}); got != nil {
		t.Errorf("decide = %q without remindAfter", got)
	}
}

func TestTheOftenerItReturnsTheLongerItMustStayAway(t *testing.T) {
	var returns []time.Time
	for _, want := range []time.Duration{0, 0, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 2 * time.Hour} {
		if got := resolveDelay(returns, at8); got != want {
			t.Errorf("after %d returns: %s, want %s", len(returns), got, want)
		}
		returns = append(returns, at8)
	}
	if got := resolveDelay(returns, at8.Add(25*time.Hour)); got != 0 {
		t.Errorf("a day later: %s", got)
	}
}

func TestNextStepIsTwoTenAHundredTimes(t *testing.T) {
	for _, tt := range []struct{ announced, now, want int }{
		{1, 1, 2},
		{1, 2, 10},
		{1, 9, 10},
		{1, 10, 100},
		{3, 3, 6},
		{3, 6, 30},
		{3, 31, 300},
		{50, 5000, 50000},
	} {
		if got := growsAt(tt.announced, tt.now); got != tt.want {
			t.Errorf("announced %d, now %d: next step %d, want %d", tt.announced, tt.now, got, tt.want)
		}
	}
}
