package incident

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// facts are the names and values that a page shows, the most telling first.
// What a failure does not say is left out.
func (i *Incident) facts() []notify.Fact {
	f := i.Failure
	var facts []notify.Fact
	add := func(name string, value ...notify.Span) {
		if !notify.Text(value).Empty() {
			facts = append(facts, notify.Fact{Name: name, Value: value})
		}
	}
	if i.Blind {
		add("Why", notify.Foreign(f.ExceptionMessage))
		add("Since", at(i.FirstSeen)...)
		return append(facts, i.resolvedAt()...)
	}
	add("Message", notify.Foreign(f.MessageType))
	add("Queue", notify.Foreign(f.FailingQueue))
	add("Exception", notify.Foreign(f.ExceptionType))
	add("Why", notify.Foreign(cmp.Or(f.ExceptionMessage, f.Reason)))
	add("Our code", notify.Code(f.FirstOwnFrame))
	add("Handler", notify.Code(f.Handler))
	for _, field := range i.Fields {
		add(field.Name, notify.Foreign(field.Value))
	}
	add("Lies in", i.places()...)
	add("First failed", at(i.FirstSeen)...)
	if i.LastSeen.After(i.FirstSeen) {
		add("Last failed", at(i.LastSeen)...)
	}
	add("Priority", notify.Ours(i.Priority))
	add("Trace id", notify.Code(f.TraceID))
	return append(facts, i.resolvedAt()...)
}

func (i *Incident) resolvedAt() []notify.Fact {
	if i.State != Resolved {
		return nil
	}
	return []notify.Fact{{Name: "Resolved", Value: at(i.ResolvedAt)}}
}

// places says how many messages lie where.
func (i *Incident) places() notify.Text {
	var text notify.Text
	for _, entity := range slices.Sorted(maps.Keys(i.Sources)) {
		if text != nil {
			text = append(text, notify.Ours(", "))
		}
		s := i.Sources[entity]
		text = append(text, notify.Foreign(s.Name), notify.Ours(" ("+strconv.Itoa(s.Count)+")"))
	}
	return text
}

func at(t time.Time) notify.Text {
	if t.IsZero() {
		return nil
	}
	return notify.Text{notify.At(t.Unix())}
}
