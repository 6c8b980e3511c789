package errorqueue

import (
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/incident"
)

func TestDecide(t *testing.T) {
	at := func(n int, priority string) sighting {
		s := sighting{priority: priority, sources: map[string]incident.Seen{}}
		if n > 0 {
			s.sources["error"] = incident.Seen{Count: n}
		}
		return s
	}
	open := incident.Incident{Generation: 1, State: incident.Open, Announced: 2, NextStep: 4}
	paged := open
	paged.Priority = "P2"
	over := incident.Incident{Generation: 1, State: incident.Resolved, Priority: "P1"}
	for _, tt := range []struct {
		name  string
		seen  sighting
		known incident.Incident
		want  []Reason
	}{
		{"never seen", at(3, ""), incident.Incident{}, []Reason{FirstSeen}},
		{"never seen, pages", at(3, "P1"), incident.Incident{}, []Reason{FirstSeen, Escalated}},
		{"known, no more of it", at(2, ""), open, nil},
		{"fewer, not gone", at(1, ""), open, nil},
		{"next step not reached", at(3, ""), open, nil},
		{"next step reached", at(4, ""), open, []Reason{Growing}},
		{"far beyond the next step", at(400, ""), open, []Reason{Growing}},
		{"a page rule begins to match", at(2, "P3"), open, []Reason{Escalated}},
		{"grows and pages", at(9, "P3"), open, []Reason{Growing, Escalated}},
		{"paged already", at(2, "P2"), paged, nil},
		{"the priority rises", at(2, "P1"), paged, []Reason{Escalated}},
		{"the priority never falls", at(2, "P3"), paged, nil},
		{"the rule matches no more", at(2, ""), paged, nil},
		{"gone", at(0, ""), open, []Reason{Resolved}},
		{"gone is said once", at(0, ""), over, nil},
		{"back again", at(1, ""), over, []Reason{Reopened}},
		{"back again, pages again", at(1, "P3"), over, []Reason{Reopened, Escalated}},
		{"nothing at all", at(0, ""), incident.Incident{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := decide(tt.seen, tt.known); !slices.Equal(got, tt.want) {
				t.Errorf("decide = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNextStepIsTwoTenAHundredTimes(t *testing.T) {
	for _, tt := range []struct{ announced, now, want int }{
		{1, 1, 2}, {1, 2, 10}, {1, 9, 10}, {1, 10, 100}, {3, 3, 6}, {3, 6, 30}, {3, 31, 300}, {50, 5000, 50000},
	} {
		if got := nextStep(tt.announced, tt.now); got != tt.want {
			t.Errorf("announced %d, now %d: next step %d, want %d", tt.announced, tt.now, got, tt.want)
		}
	}
}
