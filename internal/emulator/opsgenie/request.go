package opsgenie

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Create is the body of a request for an alert.
type Create struct {
	Message     string            `json:"message"`
	Alias       string            `json:"alias,omitempty"`
	Description string            `json:"description,omitempty"`
	Responders  []Responder       `json:"responders,omitempty"`
	VisibleTo   []Responder       `json:"visibleTo,omitempty"`
	Actions     []string          `json:"actions,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
	Entity      string            `json:"entity,omitempty"`
	Source      string            `json:"source,omitempty"`
	Priority    string            `json:"priority,omitempty"`
	User        string            `json:"user,omitempty"`
	Note        string            `json:"note,omitempty"`
}

// A Responder is who an alert is for.
type Responder struct {
	Type     string `json:"type,omitempty"`
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Username string `json:"username,omitempty"`
}

// Act is the body of a request about an existing alert.
type Act struct {
	User    string    `json:"user,omitempty"`
	Source  string    `json:"source,omitempty"`
	Note    string    `json:"note,omitempty"`
	EndTime time.Time `json:"endTime,omitzero"` // of a snooze
}

func (a Act) who() string { return cmp.Or(a.User, a.Source) }

var (
	priorities     = []string{"", "P1", "P2", "P3", "P4", "P5"}
	responderTypes = []string{"team", "user", "escalation", "schedule"}
)

// wrong says by field what OpsGenie would not take.
type wrong map[string]string

func (w wrong) runes(field, s string, most int) {
	if utf8.RuneCountInString(s) > most {
		w[field] = fmt.Sprintf("must not be longer than %d characters", most)
	}
}

func (w wrong) items(field string, n, most int) {
	if n > most {
		w[field] = fmt.Sprintf("must not have more than %d items", most)
	}
}

func (c Create) check() wrong {
	w := wrong{}
	if strings.TrimSpace(c.Message) == "" {
		w["message"] = "Message can not be empty."
	}
	w.runes("message", c.Message, 130)
	w.runes("alias", c.Alias, 512)
	w.runes("description", c.Description, 15_000)
	w.runes("entity", c.Entity, 512)
	w.runes("source", c.Source, 100)
	w.runes("user", c.User, 100)
	w.runes("note", c.Note, 25_000)
	w.items("tags", len(c.Tags), 20)
	w.items("actions", len(c.Actions), 10)
	for _, tag := range c.Tags {
		w.runes("tags", tag, 50)
	}
	for _, action := range c.Actions {
		w.runes("actions", action, 50)
	}
	size := 0
	for k, v := range c.Details {
		size += utf8.RuneCountInString(k) + utf8.RuneCountInString(v)
	}
	if size > 8000 {
		w["details"] = "must not be longer than 8000 characters in total"
	}
	if !slices.Contains(priorities, c.Priority) {
		w["priority"] = "should be one of P1, P2, P3, P4, P5"
	}
	w.responders("responders", c.Responders)
	w.responders("visibleTo", c.VisibleTo)
	return w
}

func (w wrong) responders(field string, list []Responder) {
	w.items(field, len(list), 50)
	for _, r := range list {
		if !slices.Contains(responderTypes, r.Type) {
			w[field] = "type should be one of team, user, escalation, schedule"
		}
		if cmp.Or(r.ID, r.Name, r.Username) == "" {
			w[field] = "one of id, name and username is needed"
		}
	}
}

func (a Act) check(action string, now time.Time) wrong {
	w := wrong{}
	w.runes("user", a.User, 100)
	w.runes("source", a.Source, 100)
	w.runes("note", a.Note, 25_000)
	if action == "notes" && strings.TrimSpace(a.Note) == "" {
		w["note"] = "Note can not be empty."
	}
	if action == "snooze" && !a.EndTime.After(now) {
		w["endTime"] = "must be in the future"
	}
	return w
}
