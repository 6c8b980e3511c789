package errorqueue_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// wantTruth checks what people see in the end against what happened.
func (s *simulation) wantTruth(name string) {
	s.t.Helper()
	chat, pager := s.channels["slack"], s.channels["opsgenie"]
	for key, times := range chat.said {
		if times > 1+s.lost(key) {
			s.t.Errorf("%s: %s was posted %d times", name, key, times)
		}
	}
	all, err := s.incidents.All(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	lying := s.lying()
	told := map[string]bool{}
	for _, k := range all {
		event := triage.ShortType(triage.FailureOf(k.Cause).MessageType, "")
		if renewed := !k.Alive() && event == ""; k.Kind.Ours() || renewed {
			continue
		}
		told[event] = true
		if n := lying[event]; k.Alive() != (n > 0) || k.Count() != n {
			s.t.Errorf("%s: %s has %d messages, the incident is %s with %d", name, event, n, k.State, k.Count())
		}
		s.wantShown(k, name)
		open := 0
		for _, a := range k.Alerts {
			if p := pager.pages[a.Key]; p != nil && !p.ended {
				open++
			}
		}
		absent := slices.ContainsFunc(k.Alerts, func(a incident.Alert) bool { return s.absent[a.Key] })
		if !absent && (!k.Alive() && open > 0 || k.Alive() && k.Priority != "" && open == 0) {
			s.t.Errorf("%s: %s is %s at %q with %d open alerts", name, event, k.State, k.Priority, open)
		}
	}
	for event := range lying {
		if !told[event] {
			s.t.Errorf("%s: %s is not told", name, event)
		}
	}
	for event := range s.owed {
		if !told[event] && !s.gone[event] {
			s.t.Errorf("%s: %s was never told", name, event)
		}
	}
	s.wantNoOrphans(name, all)
	s.wantLines(name, all)
	for e, err := range s.memory.List(s.t.Context(), "test/notices") {
		if err != nil || strings.Contains(string(e.Value), `"stage":"pending"`) || strings.Contains(string(e.Value), `"stage":"sending"`) {
			s.t.Errorf("%s: a notice is still to be said: %s", name, e.Value)
		}
	}
}

// wantLines checks that threads say what people did, and nothing else.
func (s *simulation) wantLines(name string, all map[string]incident.Stored) {
	s.t.Helper()
	said := s.channels["slack"].said
	for _, k := range all {
		if s.renewed[k.Fingerprint] {
			continue
		}
		did := func(word, by string) bool {
			return slices.ContainsFunc(k.Decisions, func(d incident.Decision) bool { return d.By == by && slices.Equal(d.Why, []string{word}) })
		}
		for key := range said {
			parts := strings.Split(key, "/") // incident, fingerprint, life and page, what, number, by whom
			if len(parts) == 6 && parts[1] == k.Fingerprint && !did(parts[3], parts[5]) && len(k.Decisions) < 40 {
				s.t.Errorf("%s: %s says what nobody did: %v", name, key, k.Decisions)
			}
		}
		for _, d := range k.Decisions {
			line := "/" + strings.Join(d.Why, "") + "/"
			there := d.By == "" || slices.Contains(s.unknown, k.Fingerprint)
			for page := range s.absent {
				there = there || strings.Contains(page, k.Fingerprint) || strings.HasPrefix(page, "digest/")
			}
			for _, key := range slices.AppendSeq(slices.Clone(s.unknown), maps.Keys(said)) {
				there = there || strings.Contains(key, line) && strings.HasSuffix(key, "/"+d.By) && (strings.Contains(key, k.Fingerprint) || strings.HasPrefix(key, "digest/"))
			}
			if !there {
				s.t.Errorf("%s: no thread says that %s has %v %s", name, d.By, d.Why, notice.Headline(&k.Incident).Plain())
			}
		}
	}
}

// wantNoOrphans checks that what belongs to no living incident is over.
func (s *simulation) wantNoOrphans(name string, all map[string]incident.Stored) {
	living := map[string]bool{}
	for _, k := range all {
		if !k.Alive() {
			continue
		}
		for _, p := range k.Pages {
			living[p.Key] = true
		}
		for _, a := range k.Alerts {
			living[a.Key] = true
		}
	}
	for key, p := range s.channels["slack"].pages {
		if !living[key] && !s.absent[key] && p.notice.State != notify.Resolved && !strings.HasPrefix(p.notice.Headline.Plain(), "Reminder") {
			s.t.Errorf("%s: %s shows for ever: %s", name, key, p.notice.Headline.Plain())
		}
	}
	for key, p := range s.channels["opsgenie"].pages {
		if !living[key] && !s.absent[key] && !p.ended {
			s.t.Errorf("%s: the alert %s is open for ever: %s", name, key, p.notice.Headline.Plain())
		}
	}
}

// wantShown checks that each of the incident's pages shows it as it is. Only
// what ended while it was ignored has none.
func (s *simulation) wantShown(k incident.Stored, name string) {
	s.t.Helper()
	if len(k.Pages) == 0 && (k.Alive() || k.Silence.Why != incident.Ignored) || k.Alive() && k.Silence.Why != "" {
		s.t.Errorf("%s: %s is %s on no page, because of %q", name, notice.Headline(&k.Incident).Plain(), k.State, k.Silence.Why)
	}
	head := notice.Headline(&k.Incident).Plain()
	for n, page := range k.Pages {
		if slices.Contains(k.Pages[:n], page) {
			s.t.Errorf("%s: %s is on the page %s twice", name, head, page.Key)
		}
		p := s.channels["slack"].pages[page.Key]
		if s.absent[page.Key] {
			continue
		}
		if p == nil {
			s.t.Errorf("%s: the page %s of %s was never posted", name, page.Key, head)
			continue
		}
		shown := p.notice.Headline.Plain() == head
		if page.Shared {
			shown = slices.ContainsFunc(p.notice.Lines, func(l notify.Text) bool { return l.Plain() == head || strings.HasSuffix(l.Plain(), " more") })
		}
		alive := p.notice.State != notify.Resolved
		if !shown || alive != k.Alive() && (k.Alive() || !page.Shared) {
			s.t.Errorf("%s: the page %s shows %q as %s, and not %q, which is %s", name, page.Key, p.notice.Headline.Plain(), p.notice.State, head, k.State)
		}
	}
}
