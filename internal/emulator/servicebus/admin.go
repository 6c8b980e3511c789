package servicebus

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// admin serves the administration API: Atom entries over HTTP. Any key will
// do. Names are compared without case and may contain slashes.
func (s *Server) admin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		a := badRequest(err)
		if err == nil {
			s.broker.mu.Lock()
			a = s.broker.administer(r, body)
			if r.Method == http.MethodPut && a.status < http.StatusBadRequest {
				s.broker.data.administered(adminRecord{r.Method, r.URL.Path, r.Header.Get("If-Match") == "*", body})
			}
			s.broker.mu.Unlock()
			if r.Method != http.MethodGet {
				s.closeLinks()
			}
		}
		if err := s.broker.data.flush(); err != nil {
			a = failed(http.StatusInternalServerError, err.Error())
		}
		w.Header().Set("Content-Type", "application/atom+xml;charset=utf-8")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	})
}

// A response is what the administration API answers.
type response struct {
	status int
	body   string
}

func found(body string) response { return response{http.StatusOK, body} }

func failed(status int, detail string) response {
	return response{status, fmt.Sprintf("<Error><Code>%d</Code><Detail>%s</Detail></Error>", status, atom.Escape(detail))}
}

func missing(path string) response {
	return failed(http.StatusNotFound, "Entity '"+fullName(path)+"' was not found."+moreInfo)
}

// conflict is the answer to the second creation of an entity. That of a
// queue or topic does not name it.
func conflict(path string) response {
	if strings.Contains(strings.ToLower(path), subscriptions) {
		return failed(http.StatusConflict, "The messaging entity '"+fullName(path)+"' already exists."+moreInfo)
	}
	return failed(http.StatusConflict, "SubCode=40900. Conflict. You're requesting an operation that isn't allowed in the resource's current state."+moreInfo)
}

// fullName is how the service writes addresses in its sentences.
func fullName(path string) string {
	path = entityName(path)
	if i := strings.LastIndex(strings.ToLower(path), subscriptions); i >= 0 {
		return fmt.Sprintf("%s:Topic:%s|%s", atom.Namespace, path[:i], path[i+len(subscriptions):])
	}
	return atom.Namespace + ":" + path
}

func badRequest(err error) response {
	return failed(http.StatusBadRequest, fmt.Sprintf("SubCode=40000. %v", err))
}

func (b *broker) administer(r *http.Request, body []byte) response {
	path := strings.Trim(r.URL.Path, "/")
	switch r.Method {
	case http.MethodGet:
		return b.get(r, path)
	case http.MethodPut:
		return b.putEntity(path, body, r.Header.Get("If-Match") == "*")
	case http.MethodDelete:
		return b.deleteEntity(path)
	}
	return failed(http.StatusMethodNotAllowed, "method "+r.Method)
}

// get answers with an entity or a list.
func (b *broker) get(r *http.Request, path string) response {
	folded := strings.ToLower(path)
	switch folded {
	case "", "health":
		return nothing()
	case "$namespaceinfo":
		return found(namespaceInfo())
	case "$resources/queues", "$resources/topics":
		return listing(r, path, b.entries(folded == "$resources/topics"))
	}
	if name, ok := strings.CutSuffix(folded, "/subscriptions"); ok && b.topics[name] != nil {
		return listing(r, "Subscriptions", b.topics[name].entries())
	}
	if sub, name, ok := b.ruleAt(path); ok {
		return sub.getRule(name, r)
	}
	n := b.find(path)
	switch {
	case n.exists() && (n.queue == nil || n.queue.parent == nil):
		return found(n.entry())
	case strings.Contains(folded+"/", subscriptions):
		return missing(path)
	}
	return nothing()
}

// nothing is what the service answers to a GET of a queue or topic that is not
// there: an empty feed with this title, by which clients know it.
func nothing() response { return found(atom.Feed("Publicly Listed Services", "", nil)) }

// entry describes the entity in full.
func (n node) entry() string {
	if n.topic != nil {
		return n.topic.entry()
	}
	return n.queue.entry()
}

// putEntity creates an entity, or changes one if the client says that it
// means to.
func (b *broker) putEntity(path string, body []byte, change bool) response {
	d, err := atom.Parse(body)
	if err != nil {
		return badRequest(err)
	}
	if sub, name, ok := b.ruleAt(path); ok {
		return sub.putRule(name, d, change)
	}
	n := b.find(path)
	switch {
	case n.exists() && !change:
		return conflict(path)
	case !n.exists() && change:
		return missing(path)
	}
	status := http.StatusOK
	if change {
		err = n.change(d.Kind, d.Elements)
	} else {
		status = http.StatusCreated
		n, err = b.create(d, path)
	}
	if err != nil {
		return refusedFor(err)
	}
	return response{status, n.entry()}
}

func (b *broker) deleteEntity(path string) response {
	if sub, name, ok := b.ruleAt(path); ok {
		return sub.deleteRule(name)
	}
	n := b.find(path)
	if !n.exists() || n.queue != nil && n.queue.parent != nil {
		return missing(path)
	}
	b.remove(n)
	return response{status: http.StatusOK}
}
