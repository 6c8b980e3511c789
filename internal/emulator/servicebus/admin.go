package servicebus

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
			s.broker.mu.Unlock()
			if r.Method != http.MethodGet {
				s.closeLinks()
			}
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
	return response{status, fmt.Sprintf("<Error><Code>%d</Code><Detail>%s</Detail></Error>", status, escape(detail))}
}

func missing(path string) response {
	return failed(http.StatusNotFound, "SubCode=40400. Not Found. Entity "+path+" does not exist.")
}

func badRequest(err error) response {
	return failed(http.StatusBadRequest, fmt.Sprintf("SubCode=40000. Bad Request. %v", err))
}

func (b *broker) administer(r *http.Request, body []byte) response {
	path := strings.Trim(r.URL.Path, "/")
	switch r.Method {
	case http.MethodGet:
		return b.get(r.URL.Query(), path)
	case http.MethodPut:
		return b.putEntity(path, body, r.Header.Get("If-Match") == "*")
	case http.MethodDelete:
		return b.deleteEntity(path)
	}
	return failed(http.StatusMethodNotAllowed, "method "+r.Method)
}

// get answers with an entity or a list.
func (b *broker) get(query url.Values, path string) response {
	folded := strings.ToLower(path)
	switch folded {
	case "", "health":
		return found(feed("Publicly Listed Services", nil))
	case "$namespaceinfo":
		return found(namespaceInfo())
	case "$resources/queues", "$resources/topics":
		return found(feed(path, page(query, b.list(folded == "$resources/topics"))))
	}
	if name, ok := strings.CutSuffix(folded, "/subscriptions"); ok && b.topics[name] != nil {
		var all []string
		for _, q := range b.topics[name].subs {
			all = append(all, q.entry())
		}
		return found(feed("Subscriptions", page(query, all)))
	}
	if sub, name, ok := b.ruleAt(path); ok {
		return sub.getRule(name, query)
	}
	n := b.find(path)
	if !n.exists() || n.queue != nil && n.queue.parent != nil {
		return missing(path)
	}
	return found(n.entry())
}

// entry describes the entity in full.
func (n node) entry() string {
	if n.topic != nil {
		return n.topic.entry()
	}
	return n.queue.entry()
}

// list returns the entries of all queues or topics, by name.
func (b *broker) list(topics bool) []string {
	entries := map[string]string{}
	for name, q := range b.queues {
		if !topics {
			entries[name] = q.entry()
		}
	}
	for name, t := range b.topics {
		if topics {
			entries[name] = t.entry()
		}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		all = append(all, entries[name])
	}
	return all
}

// page cuts a list to what $skip and $top ask for.
func page(q url.Values, all []string) []string {
	skip, _ := strconv.Atoi(q.Get("$skip"))
	all = all[min(max(skip, 0), len(all)):]
	top, err := strconv.Atoi(q.Get("$top"))
	if err != nil || top < 0 {
		top = 100
	}
	return all[:min(top, len(all))]
}

// putEntity creates an entity, or changes one if the client says that it
// means to.
func (b *broker) putEntity(path string, body []byte, change bool) response {
	d, err := parseDescription(body)
	if err != nil {
		return badRequest(err)
	}
	if sub, name, ok := b.ruleAt(path); ok {
		return sub.putRule(name, d, change)
	}
	n := b.find(path)
	switch {
	case n.exists() && !change:
		return failed(http.StatusConflict, "SubCode=40900. Conflict. Entity "+path+" already exists.")
	case !n.exists() && change:
		return missing(path)
	}
	status := http.StatusOK
	if change {
		err = n.change(d.kind, d.asked)
	} else {
		status = http.StatusCreated
		n, err = b.create(d, path)
	}
	if err != nil {
		return badRequest(err)
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
