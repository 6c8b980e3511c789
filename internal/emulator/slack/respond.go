package slack

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

// A response is what a click's response_url leads to. It can be used five
// times in 30 minutes.
type response struct {
	id   string
	at   *channel
	of   *Message
	user string // who clicked
	born time.Time
	uses int
}

const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

func (s *Server) newResponse(at *channel, of *Message, user string) *response {
	now := s.cfg.Now()
	for id, r := range s.responses {
		if now.Sub(r.born) > responseLife {
			delete(s.responses, id)
		}
	}
	r := &response{id: id("R", s.tick()), at: at, of: of, user: user, born: now}
	s.responses[r.id] = r
	return r
}

func (s *Server) serveRespond(w http.ResponseWriter, r *http.Request) {
	s.Serve(w, r, "respond", s.respond, func(w http.ResponseWriter, f control.Fault) {
		http.Error(w, f.Error, http.StatusNotFound)
	})
}

func (s *Server) respond(w http.ResponseWriter, r *http.Request) {
	c, err := read(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.responses[r.PathValue("id")]
	if to == nil || s.cfg.Now().Sub(to.born) > responseLife {
		http.Error(w, "expired_url", http.StatusNotFound)
		return
	}
	if to.uses++; to.uses > responseUses {
		http.Error(w, "used_url", http.StatusNotFound)
		return
	}
	if err := s.answerClick(c, to); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

// answerClick does what a body sent to a response_url asks for: replace or
// delete the message, post to the channel, or tell the one who clicked.
func (s *Server) answerClick(c call, to *response) error {
	if c.yes("delete_original") {
		to.of.Deleted = true
		s.touch(to.of)
		return nil
	}
	content, err := contentOf(c)
	if err != nil {
		return err
	}
	if content.empty() {
		return refuse("no_text")
	}
	if c.yes("replace_original") {
		to.of.revise(to.of.keep(c, content), s.cfg.Now())
		s.touch(to.of)
		return nil
	}
	m := &Message{Content: content, ThreadTS: to.at.root(c.get("thread_ts"))}
	if !strings.EqualFold(c.get("response_type"), "in_channel") {
		m.Ephemeral = to.user
	}
	s.add(to.at, m)
	return nil
}
