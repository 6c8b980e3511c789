package notice

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// facts are the names and values that a page shows, the most important first.
// What is not known is left out.
func facts(i *incident.Incident) []notify.Fact {
	c := i.Cause
	var facts []notify.Fact
	add := func(name string, value ...notify.Span) {
		if !notify.Text(value).Empty() {
			facts = append(facts, notify.Fact{Name: name, Value: value})
		}
	}
	for _, f := range c.Facts {
		value := notify.Foreign(f.Value)
		if f.Code {
			value = notify.Code(f.Value)
		}
		add(f.Name, value)
	}
	if i.Kind.Ours() {
		add("Since", at(i.FirstSeen)...)
		return append(facts, statusFacts(i)...)
	}
	add("Features", notify.Ours(strings.Join(c.Features, ", ")))
	add("Lies in", locations(i)...)
	add("First failed", at(i.FirstSeen)...)
	if i.LastSeen.After(i.FirstSeen) {
		add("Last failed", at(i.LastSeen)...)
	}
	add("Last 24 hours", notify.Ours(trend(i)))
	if i.Alive() {
		add("Disappears", at(i.Expires())...)
	}
	add("Priority", notify.Ours(i.Priority))
	add("Trace id", notify.Code(c.TraceID))
	add("Links", links(i)...)
	if i.Alive() {
		add("Look closer", notify.Code(command(i)))
	}
	return append(facts, statusFacts(i)...)
}

// statusFacts are the facts of a state other than open.
func statusFacts(i *incident.Incident) []notify.Fact {
	switch {
	case i.State == incident.Resolved:
		return []notify.Fact{{Name: "Resolved", Value: at(i.ResolvedAt)}}
	case i.Silence.Why == incident.Ignored:
		return []notify.Fact{{Name: "Ignored", Value: notify.Text{notify.Ours(silence(i.Silence))}}}
	case !i.GoneSince.IsZero():
		again := notify.Ours(fmt.Sprintf(", and has come back %d times within a day: we wait whether it stays away", len(i.Returns)))
		return []notify.Fact{{Name: "Gone since", Value: append(at(i.GoneSince), again)}}
	case i.State == incident.Acknowledged:
		return []notify.Fact{{Name: "Acknowledged by", Value: notify.Text{person(i.HandledBy)}}}
	case i.State == incident.Snoozed:
		until := append(at(i.SnoozedUntil), notify.Ours(" by "), person(i.HandledBy))
		return []notify.Fact{{Name: "Snoozed until", Value: until}}
	}
	return nil
}

// text says why there is silence.
func silence(s incident.Silence) string {
	words := cmp.Or(s.Because, "by a rule without a reason")
	if s.Until != "" {
		words += ", until " + s.Until
	}
	return words
}

var slackID = regexp.MustCompile(`^[UW][A-Z0-9]{2,30}$`)

// person is a person by a channel's own id, which that channel shows as a name,
// or by a name.
func person(by string) notify.Span {
	if slackID.MatchString(by) {
		return notify.Person(by)
	}
	return notify.Foreign(by)
}

// locations says how many messages each source holds.
func locations(i *incident.Incident) notify.Text {
	var text notify.Text
	for _, entity := range slices.Sorted(maps.Keys(i.Sources)) {
		s := i.Sources[entity]
		if s.Count == 0 {
			continue
		}
		if text != nil {
			text = append(text, notify.Ours(", "))
		}
		text = append(text, notify.Foreign(s.Name), notify.Ours(" ("+strconv.Itoa(s.Count)+late(s)+")"))
	}
	return text
}

// late says that there may be more than was counted.
func late(s incident.Seen) string {
	if s.Late {
		return " so far: it is deep, and its news come late"
	}
	return ""
}

// links are those of the configuration.
func links(i *incident.Incident) notify.Text {
	var text notify.Text
	for _, l := range i.Cause.Links {
		if text != nil {
			text = append(text, notify.Ours(" · "))
		}
		text = append(text, notify.Span{Ours: l.Text, URL: l.URL})
	}
	return text
}

// command shows the newest message on the command line.
func command(i *incident.Incident) string {
	if len(i.Cause.Samples) == 0 {
		return ""
	}
	s := i.Cause.Samples[0]
	source := s.Source
	if strings.ContainsAny(source, " $'\"\\&;|<>()*?") {
		source = "'" + strings.ReplaceAll(source, "'", `'\''`) + "'"
	}
	return fmt.Sprintf("busbell failures show %s %d", source, s.SequenceNumber)
}

// trend is how many failed in each of the 24 hours up to the newest failure, as
// a row of bars; "" where all failed in one hour.
func trend(i *incident.Incident) string {
	hours := map[int64]int{}
	for _, s := range i.Sources {
		for hour, n := range s.Hours {
			hours[hour] += n
		}
	}
	if len(hours) < 2 {
		return ""
	}
	last := slices.Max(slices.Collect(maps.Keys(hours)))
	most := slices.Max(slices.Collect(maps.Values(hours)))
	bars := []rune("▁▂▃▄▅▆▇█")
	var row strings.Builder
	for hour := last - 23; hour <= last; hour++ {
		n := hours[hour]
		row.WriteRune(bars[(n*(len(bars)-1)+most-1)/most])
	}
	return row.String() + " most " + strconv.Itoa(most) + " an hour"
}

func at(t time.Time) notify.Text {
	if t.IsZero() {
		return nil
	}
	return notify.Text{notify.At(t.Unix())}
}
