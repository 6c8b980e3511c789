package errorqueue_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// Faults of their own that a bad day has.
var hasFaults = struct{ dates, rows, clocks bool }{dates: true, rows: true, clocks: true}

func (s *simulation) queue() *queue {
	if s.rand.IntN(3) == 0 {
		return s.queues[dlq]
	}
	return s.queues["error"]
}

// fail lets some messages fail, now and then many kinds at once.
func (s *simulation) fail() {
	kinds := 1
	if s.rand.IntN(12) == 0 {
		kinds = 7 + s.rand.IntN(7)
	}
	for range kinds {
		q := s.queue()
		at := len(q.messages)
		event := fmt.Sprintf("Event%c", 'A'+s.rand.IntN(16))
		odd := hasFaults.dates && s.rand.IntN(6) == 0
		if odd {
			event = fmt.Sprintf("Event%c", 'Q'+s.rand.IntN(4))
		}
		q.fail(1+s.rand.IntN(4), event, "Broken")
		for i := range q.messages[at:] {
			s.number++
			m := &q.messages[at+i]
			m.SequenceNumber, m.EnqueuedAt = s.number, time.Now().UTC()
			m.ID = fmt.Sprint("m", s.number)
			m.Properties["rbs2-msg-id"] = m.ID
			details := m.Properties["rbs2-error-details"].(string)
			m.Properties["rbs2-error-details"] = strings.Replace(details, "04/17/2026 08:34:01 +00:00", s.stamp(), 1)
			if odd {
				s.date(m, event)
			}
		}
	}
}

// stamp is when a message says that it failed: now, or what a clock, a default
// or a time zone makes of it.
func (s *simulation) stamp() string {
	odd := []string{"12/31/9999 23:59:59 -05:00", "01/01/0000 00:00:00 +05:00", "01/01/0001 00:00:00 +00:00", "01/01/1970 00:00:00 +00:00", "01/01/2099 00:00:00 +00:00"}
	if n := s.rand.IntN(20); hasFaults.dates && n < len(odd) {
		return odd[n]
	}
	return time.Now().UTC().Format("01/02/2006 15:04:05 -07:00")
}

// date makes of a message one of MassTransit, which says when it failed in a
// header that may say anything.
func (s *simulation) date(m *message.Message, event string) {
	m.Properties = map[string]any{
		"MT-Reason": "fault", "MT-MessageType": "urn:message:Shop.Orders:" + event, "MT-Fault-InputAddress": "sb://shop.example/shop.billing",
		"MT-Fault-ExceptionType": "Shop.Broken", "MT-Fault-Message": "no luck", "MT-Fault-StackTrace": "   at Shop.Billing.Handler.Handle() in /src/Handler.cs:line 52",
	}
	if n := s.rand.IntN(len(oddDates) + 1); n < len(oddDates) {
		m.Properties["MT-Fault-Timestamp"] = oddDates[n]
	}
	if s.rand.IntN(4) == 0 {
		m.EnqueuedAt = time.Time{}
	}
}

// take lets somebody else take some or all messages of a queue.
func (s *simulation) take() {
	q := s.queue()
	keep := q.messages[:0:0]
	all := s.rand.IntN(2) == 0
	for _, m := range q.messages {
		if !all && s.rand.IntN(2) == 0 {
			keep = append(keep, m)
		}
	}
	q.messages = keep
}

// acknowledge lets somebody acknowledge an alert in the pager.
func (s *simulation) acknowledge() {
	pages := s.channels["opsgenie"].pages
	for _, key := range slices.Sorted(maps.Keys(pages)) {
		if p := pages[key]; !p.ended && s.rand.IntN(3) == 0 {
			s.acked[p.notice.Alias] = true
			return
		}
	}
}

// click lets somebody click on one of the pages, which a process notes.
func (s *simulation) click(by *process) func() {
	pages := s.channels["slack"].pages
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(pages)), func(key string) bool {
		return pages[key].notice.State == notify.Resolved && s.rand.IntN(20) > 0
	})
	if len(keys) == 0 {
		return func() {}
	}
	deed := lifecycle.Action{Subjects: []string{pages[keys[s.rand.IntN(len(keys))]].notice.Subject}, By: "U0ANN", At: time.Now()}
	if s.rand.IntN(2) == 0 {
		deed.Until = deed.At.Add(time.Duration(1+s.rand.IntN(30)) * time.Minute)
	}
	if s.rand.IntN(2) == 0 {
		deed.By = "U0BEN"
	}
	return func() {
		_, err := by.Apply(s.t.Context(), deed)
		for _, known := range []error{nil, incident.ErrOver, errCrash, errUnheard, ledger.ErrChanged} {
			if errors.Is(err, known) {
				return
			}
		}
		s.t.Error(err)
	}
}

// wantAlive checks that nobody is paged for what has been over for longer
// than a call may take.
func (s *simulation) wantAlive(n notify.Notice) {
	if n.Act != notify.Post {
		return
	}
	over, err := s.incidents.IsOver(s.t.Context(), n.Subject)
	if err != nil || !over {
		return
	}
	var last time.Duration
	for e, err := range s.memory.List(s.t.Context(), "test/incidents") {
		if err == nil && strings.Contains(n.Subject, e.Key.Row) {
			last = e.Age
		}
	}
	if last > 30*time.Second {
		s.t.Errorf("somebody was paged for %s, which has been over for %s", n.Headline.Plain(), last)
	}
}

// spoil makes a row of any kind unusable. A row of an older shape counts as
// absent: what goes to a page of which the notice is absent is not said.
func (s *simulation) spoil() {
	var rows []ledger.Entry
	kinds := []string{"test/incidents", "test/notices", "test/channels", "test/places", "test/places $last", "test/journal"}
	partition, prefix, _ := strings.Cut(kinds[s.rand.IntN(len(kinds))], " ")
	for e, err := range s.memory.List(s.t.Context(), partition) {
		if err == nil && strings.HasPrefix(e.Key.Row, prefix) && !strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix) {
			rows = append(rows, e)
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortFunc(rows, func(a, b ledger.Entry) int { return strings.Compare(a.Key.Row, b.Key.Row) })
	e := rows[s.rand.IntN(len(rows))]
	kind := slices.Sorted(maps.Keys(spoilt))[s.rand.IntN(len(spoilt))]
	switch partition {
	case "test/notices":
		var row struct{ Notice notify.Notice }
		_ = json.Unmarshal(e.Value, &row) // it may be spoilt already
		s.unknown = append(s.unknown, e.Key.Row)
		if kind == "of an older one" {
			s.absent[cmp.Or(row.Notice.Page, row.Notice.Key)] = true
		}
	case "test/incidents":
		s.renewed[e.Key.Row] = true
		if found := regexp.MustCompile(`\.(Event.)"`).FindSubmatch(e.Value); found != nil {
			s.gone[string(found[1])] = true // it may have come and gone
		}
	case "test/journal":
		for _, found := range regexp.MustCompile(`"fingerprint":"([^"]+)"`).FindAllSubmatch(unpacked(e.Value), -1) {
			s.unknown = append(s.unknown, string(found[1]))
		}
	}
	e.Value = ofItsShape(spoilt[kind], e)
	if *calls {
		fmt.Printf("%s row %s of %s is spoilt: %q\n", time.Now().Format(time.TimeOnly), e.Key.Row, e.Key.Partition, e.Value)
	}
	if _, err := s.memory.Update(s.t.Context(), e); err != nil {
		s.t.Error(err)
	}
}

// unpacked is what a long row says.
func unpacked(value []byte) []byte {
	if z, err := gzip.NewReader(bytes.NewReader(value)); err == nil {
		value, _ = io.ReadAll(z)
	}
	return value
}

// lost is how often the row of a notice was spoilt: so often it may be said once
// more.
func (s *simulation) lost(key string) (n int) {
	for _, lost := range s.unknown {
		if lost == key {
			n++
		}
	}
	return n
}

// lying are the kinds of failures that lie where we look, and how many of
// each.
func (s *simulation) lying() map[string]int {
	kinds := map[string]int{}
	for _, place := range s.places {
		for _, m := range s.queues[place.Entity()].messages {
			kinds[kind(m)]++
		}
	}
	return kinds
}

func kind(m message.Message) string { return triage.ShortType(m.Type(), "") }
