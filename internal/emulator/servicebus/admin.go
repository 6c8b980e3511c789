package servicebus

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// admin serves the administration API: Atom entries over HTTP. Any key will
// do. Names are compared without case and may contain slashes.
func (s *Server) admin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := s.broker
		path := strings.Trim(r.URL.Path, "/")
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "the request is too large")
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		switch r.Method {
		case http.MethodGet:
			b.get(w, r, path)
		case http.MethodPut:
			b.putEntity(w, path, body, r.Header.Get("If-Match") == "*")
		case http.MethodDelete:
			b.deleteEntity(w, path)
		default:
			refuse(w, http.StatusMethodNotAllowed, "method "+r.Method)
		}
	})
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%d</Code><Detail>%s</Detail></Error>", status, escape(detail))
}

func reply(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", "application/atom+xml;type="+kind+";charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// get answers with an entity or a list.
func (b *broker) get(w http.ResponseWriter, r *http.Request, path string) {
	folded := strings.ToLower(path)
	switch folded {
	case "", "health":
		reply(w, http.StatusOK, "feed", feed("Publicly Listed Services", nil))
		return
	case "$namespaceinfo":
		reply(w, http.StatusOK, "entry", namespaceInfo())
		return
	case "$resources/queues", "$resources/topics":
		reply(w, http.StatusOK, "feed", feed(path, page(r, b.list(folded == "$resources/topics"))))
		return
	}
	if name, ok := strings.CutSuffix(folded, "/subscriptions"); ok && b.topics[name] != nil {
		var all []string
		for _, q := range b.topics[name].subs {
			all = append(all, q.entry())
		}
		reply(w, http.StatusOK, "feed", feed("Subscriptions", page(r, all)))
		return
	}
	entity, rule, isRules := strings.Cut(folded, "/rules")
	if n := b.find(entity); isRules && n.queue != nil && n.queue.parentTopic != nil {
		switch rule {
		case "":
			reply(w, http.StatusOK, "feed", feed("Rules", page(r, []string{defaultRule()})))
			return
		case "/$default":
			reply(w, http.StatusOK, "entry", defaultRule())
			return
		}
	}
	n := b.find(path)
	switch {
	case n.topic != nil:
		reply(w, http.StatusOK, "entry", n.topic.entry())
	case n.queue != nil && n.queue.parent == nil:
		reply(w, http.StatusOK, "entry", n.queue.entry())
	default:
		refuse(w, http.StatusNotFound, "SubCode=40400. Not Found. Entity "+path+" does not exist.")
	}
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
	for _, name := range sortedKeys(entries) {
		all = append(all, entries[name])
	}
	return all
}

// page cuts a list to what $skip and $top ask for.
func page(r *http.Request, all []string) []string {
	q := r.URL.Query()
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
func (b *broker) putEntity(w http.ResponseWriter, path string, body []byte, change bool) {
	kind, asked, err := parseDescription(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "SubCode=40000. Bad Request. "+err.Error())
		return
	}
	n := b.find(path)
	status := http.StatusCreated
	switch {
	case n.exists() && !change:
		refuse(w, http.StatusConflict, "SubCode=40900. Conflict. Entity "+path+" already exists.")
		return
	case !n.exists() && change:
		refuse(w, http.StatusNotFound, "SubCode=40400. Not Found. Entity "+path+" does not exist.")
		return
	case change:
		status, err = http.StatusOK, n.change(kind, asked)
	default:
		n, err = b.create(kind, path, asked)
	}
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "SubCode=40000. Bad Request. "+err.Error())
	case n.topic != nil:
		reply(w, status, "entry", n.topic.entry())
	default:
		reply(w, status, "entry", n.queue.entry())
	}
}

// create makes the entity that a description asks for.
func (b *broker) create(kind, path string, asked attributes) (node, error) {
	switch kind {
	case "QueueDescription":
		var s Queue
		if err := asked.queue(&s); err != nil {
			return node{}, err
		}
		s.Name = path
		q, err := b.addQueue(s)
		if err != nil {
			return node{}, err
		}
		q.asked = asked
		return node{queue: q}, nil
	case "TopicDescription":
		var s Topic
		if err := asked.topic(&s); err != nil {
			return node{}, err
		}
		s.Name = path
		t, err := b.addTopic(s)
		if err != nil {
			return node{}, err
		}
		t.asked = asked
		return node{topic: t}, nil
	case "SubscriptionDescription":
		i := strings.LastIndex(strings.ToLower(path), subscriptions)
		if i < 0 || b.topics[fold(path[:i])] == nil {
			return node{}, fmt.Errorf("%s is no subscription of a topic that exists", path)
		}
		var s Queue
		if err := asked.queue(&s); err != nil {
			return node{}, err
		}
		s.Name = path[i+len(subscriptions):]
		q, err := b.addSubscription(b.topics[fold(path[:i])], s)
		if err != nil {
			return node{}, err
		}
		q.asked = asked
		return node{queue: q}, nil
	}
	return node{}, fmt.Errorf("a %s cannot be created: rules are not emulated", kind)
}

// change gives an entity the settings of a description.
func (n node) change(kind string, asked attributes) error {
	if t := n.topic; t != nil && kind == "TopicDescription" {
		s := t.Topic
		if err := asked.topic(&s); err != nil {
			return err
		}
		t.Topic, t.asked, t.touched = s.withDefaults(), asked, now()
		return nil
	}
	q := n.queue
	if q == nil || q.parent != nil || kind != "QueueDescription" && kind != "SubscriptionDescription" {
		return fmt.Errorf("%s is not described by a %s", n.path(), kind)
	}
	s := q.Queue
	s.ForwardTo, s.ForwardDeadLetteredMessagesTo = "", "" // absent is none
	if err := asked.queue(&s); err != nil {
		return err
	}
	q.Queue, q.asked, q.touched = s.withDefaults(), asked, now()
	q.dead.LockDuration, q.transfer.LockDuration = q.LockDuration, q.LockDuration
	q.wake()
	return nil
}

func (b *broker) deleteEntity(w http.ResponseWriter, path string) {
	n := b.find(path)
	if !n.exists() || n.queue != nil && n.queue.parent != nil {
		refuse(w, http.StatusNotFound, "SubCode=40400. Not Found. Entity "+path+" does not exist.")
		return
	}
	b.remove(n)
	w.WriteHeader(http.StatusOK)
}

// parseDescription reads the description in an Atom entry: its kind and its
// elements.
func parseDescription(body []byte) (kind string, asked attributes, err error) {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
		Inner   string `xml:",innerxml"`
	}
	var entry struct {
		Content struct {
			Description struct {
				XMLName  xml.Name
				Elements []element `xml:",any"`
			} `xml:",any"`
		} `xml:"content"`
	}
	if err := xml.Unmarshal(body, &entry); err != nil {
		return "", nil, err
	}
	d := entry.Content.Description
	asked = attributes{}
	for _, e := range d.Elements {
		if e.XMLName.Local == "DefaultRuleDescription" && !strings.Contains(e.Inner, "TrueFilter") {
			return "", nil, fmt.Errorf("filters are not emulated: every message passes")
		}
		asked[e.XMLName.Local] = strings.TrimSpace(e.Text)
	}
	return d.XMLName.Local, asked, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
