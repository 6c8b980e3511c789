package opsgenie

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) serveGet(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	a := s.find(r.URL.Query().Get("identifierType"), r.PathValue("id"))
	var seen object
	if a != nil {
		seen = s.wire(a)
	}
	s.mu.Unlock()
	if seen == nil {
		fail(w, http.StatusNotFound, "", "Alert does not exist", nil)
		return
	}
	answer(w, http.StatusOK, uuid(), object{"data": seen})
}

// serveList knows limit, offset, order, and of queries "status: open",
// "status: closed", "alias: x" and "tag: x", alone or joined by AND.
func (s *Server) serveList(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	found := []object{}
	s.mu.Lock()
	for _, a := range slices.Backward(s.alerts) {
		if a.matches(q.Get("query")) {
			found = append(found, s.wire(a))
		}
	}
	s.mu.Unlock()
	if q.Get("order") == "asc" {
		slices.Reverse(found)
	}
	from := min(number(q.Get("offset"), 0), len(found))
	to := min(from+number(q.Get("limit"), 20), len(found))
	answer(w, http.StatusOK, uuid(), object{"data": found[from:to]})
}

func (a *Alert) matches(query string) bool {
	for part := range strings.SplitSeq(query, " AND ") {
		name, value, found := strings.Cut(part, ":")
		if !found {
			name, value, _ = strings.Cut(part, "=")
		}
		value = strings.Trim(strings.TrimSpace(value), `"`)
		var ok bool
		switch strings.TrimSpace(name) {
		case "status":
			ok = a.Status == value
		case "alias":
			ok = a.Alias == value
		case "tag", "tags":
			ok = slices.Contains(a.Tags, value)
		default:
			ok = strings.Contains(a.Message, strings.TrimSpace(part))
		}
		if !ok {
			return false
		}
	}
	return true
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

func (s *Server) serveRequest(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	o := s.outcomes[id]
	var seen outcome
	if o != nil {
		seen = *o
	}
	s.mu.Unlock()
	switch {
	case o == nil:
		fail(w, http.StatusNotFound, "RequestNotFound", "Request not found", nil)
	case !seen.done:
		fail(w, http.StatusNotFound, "RequestNotProcessed", "Request not found. It might not be processed yet", nil)
	default:
		answer(w, http.StatusOK, id, object{"data": object{
			"success": seen.ok, "isSuccess": seen.ok, "action": seen.action, "status": seen.status,
			"processedAt": seen.at.Format(time.RFC3339Nano), "alertId": seen.alertID, "alias": seen.alias,
			"integrationId": "00000000-0000-4000-8000-000000000001",
		}})
	}
}

func (s *Server) servePing(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.beats[r.PathValue("name")]++
	s.touch(nil)
	s.mu.Unlock()
	answer(w, http.StatusAccepted, uuid(), object{"result": "PONG - Heartbeat received"})
}

// wire is the alert as OpsGenie's answers show it.
func (s *Server) wire(a *Alert) object {
	raw, err := json.Marshal(a)
	if err != nil {
		return nil
	}
	var w object
	if json.Unmarshal(raw, &w) != nil {
		return nil
	}
	for _, ours := range []string{"rev", "history", "note", "user", "visibleTo"} {
		delete(w, ours)
	}
	w["snoozed"] = a.SnoozedUntil != nil && a.SnoozedUntil.After(s.cfg.Now())
	w["isSeen"], w["seen"] = a.Acknowledged, a.Acknowledged
	w["integration"] = object{"id": "00000000-0000-4000-8000-000000000001", "name": "Busbell", "type": "API"}
	if w["responders"] == nil {
		w["responders"] = []any{}
	}
	return w
}
