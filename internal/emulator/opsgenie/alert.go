package opsgenie

import (
	"fmt"
	"slices"
	"time"
)

// An Alert is one page, in the words of OpsGenie's API.
type Alert struct {
	Rev int64 `json:"rev"` // of the last change to it

	ID     string `json:"id"`
	TinyID string `json:"tinyId"`
	Status string `json:"status"` // "open" or "closed"
	Count  int    `json:"count"`  // creates that it took
	Create

	Acknowledged bool       `json:"acknowledged"`
	SnoozedUntil *time.Time `json:"snoozedUntil,omitempty"` // may be past
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
	LastAt       time.Time  `json:"lastOccurredAt"`
	Report       Report     `json:"report"`

	// History is what happened to it, oldest first; the oldest are dropped
	// when there are many.
	History []Event `json:"history"`
}

// A Report says how an alert was dealt with; times are milliseconds after its
// creation, as in OpsGenie's.
type Report struct {
	AckTime        int64  `json:"ackTime,omitempty"`
	CloseTime      int64  `json:"closeTime,omitempty"`
	AcknowledgedBy string `json:"acknowledgedBy,omitempty"`
	ClosedBy       string `json:"closedBy,omitempty"`
}

// An Event is one thing that happened to an alert.
type Event struct {
	At   time.Time `json:"at"`
	What string    `json:"what"` // "created", "counted", "acknowledged", "unacknowledged", "snoozed", "noted", "closed"
	By   string    `json:"by,omitempty"`
	Note string    `json:"note,omitempty"`
}

const (
	keptAlerts = 2000
	keptEvents = 200
)

// Open reports whether nobody has closed the alert.
func (a *Alert) Open() bool { return a.Status == "open" }

func (a *Alert) log(now time.Time, what string, by Act) {
	a.UpdatedAt = now
	a.History = append(a.History, Event{At: now, What: what, By: by.who(), Note: by.Note})
	if n := len(a.History) - keptEvents; n > 0 {
		a.History = slices.Delete(a.History, 0, n)
	}
}

// create opens an alert, or counts up on the open one of the same alias.
func (s *Server) create(id string, c Create) (*Alert, string) {
	now := s.cfg.Now().UTC()
	by := Act{User: c.User, Source: c.Source, Note: c.Note}
	if a := s.open(c.Alias); c.Alias != "" && a != nil {
		a.Count++
		a.LastAt = now
		a.log(now, "counted", by)
		s.touch(a)
		return a, "Created alert"
	}
	s.tiny++
	a := &Alert{
		ID: id, TinyID: fmt.Sprint(s.tiny), Status: "open", Count: 1, Create: c,
		CreatedAt: now, LastAt: now,
	}
	if a.Alias == "" {
		a.Alias = a.ID
	}
	if a.Priority == "" {
		a.Priority = "P3"
	}
	a.log(now, "created", by)
	s.alerts = append(s.alerts, a)
	if n := len(s.alerts) - keptAlerts; n > 0 {
		s.alerts = slices.Delete(s.alerts, 0, n)
	}
	s.touch(a)
	return a, "Created alert"
}

// open is the open alert of an alias, nil if there is none.
func (s *Server) open(alias string) *Alert {
	for _, a := range slices.Backward(s.alerts) {
		if a.Alias == alias && a.Open() {
			return a
		}
	}
	return nil
}

// find looks an alert up; by alias the open one, else the newest.
func (s *Server) find(kind, value string) *Alert {
	if kind == "alias" {
		if a := s.open(value); a != nil {
			return a
		}
	}
	for _, a := range slices.Backward(s.alerts) {
		switch {
		case kind == "alias" && a.Alias == value,
			kind == "tiny" && a.TinyID == value,
			(kind == "" || kind == "id") && a.ID == value:
			return a
		}
	}
	return nil
}

// act does to an alert what a request asks for, and says how it went.
func (s *Server) act(a *Alert, action string, by Act) (ok bool, status string) {
	now := s.cfg.Now().UTC()
	since := now.Sub(a.CreatedAt).Milliseconds()
	if !a.Open() && action != "notes" {
		return false, "Alert is already closed"
	}
	what := map[string]string{
		"acknowledge": "acknowledged", "unacknowledge": "unacknowledged",
		"close": "closed", "snooze": "snoozed", "notes": "noted",
	}[action]
	switch action {
	case "acknowledge":
		if a.Acknowledged {
			return false, "Alert is already acknowledged"
		}
		a.Acknowledged = true
		a.Report.AckTime, a.Report.AcknowledgedBy = since, by.who()
	case "unacknowledge":
		if !a.Acknowledged {
			return false, "Alert is not acknowledged"
		}
		a.Acknowledged = false
		a.Report.AckTime, a.Report.AcknowledgedBy = 0, ""
	case "close":
		a.Status, a.SnoozedUntil = "closed", nil
		a.Report.CloseTime, a.Report.ClosedBy = since, by.who()
	case "snooze":
		until := by.EndTime.UTC()
		a.SnoozedUntil = &until
	}
	a.log(now, what, by)
	s.touch(a)
	return true, what + " alert"
}
