package servicebus

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// pageSize is how many entries a list has at most.
const pageSize = 100

// listing answers with the part of a list that $skip and $top ask for.
//
// A list that goes on has two links, of which the second leads to the next
// page: Python's client counts them, Java's and JavaScript's look for the
// relation "next" and read $skip in its absolute address.
func listing(r *http.Request, title string, all []string) response {
	query := r.URL.Query()
	skip, _ := strconv.Atoi(query.Get("$skip"))
	skip = min(max(skip, 0), len(all))
	top, err := strconv.Atoi(query.Get("$top"))
	if err != nil || top < 0 || top > pageSize {
		top = pageSize
	}
	upTo := min(skip+top, len(all))
	links := atom.Link("self", pageAddress(r, skip, top))
	if upTo < len(all) && top > 0 {
		links += atom.Link("next", pageAddress(r, upTo, top))
	}
	return found(atom.Feed(title, links, all[skip:upTo]))
}

// pageAddress is the address of a page of a list.
func pageAddress(r *http.Request, skip, top int) string {
	version := r.URL.Query().Get("api-version")
	if version == "" {
		version = "2021-05"
	}
	return fmt.Sprintf("%s://%s%s?api-version=%s&enrich=false&$skip=%d&$top=%d", scheme(r), r.Host, r.URL.EscapedPath(), url.QueryEscape(version), skip, top)
}

// entries describes all queues or topics, by name.
func (b *broker) entries(topics bool) []string {
	if topics {
		return inOrder(b.topics, (*topic).entry)
	}
	return inOrder(b.queues, (*queue).entry)
}

func inOrder[T any](entities map[string]T, entry func(T) string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(entities)) {
		all = append(all, entry(entities[name]))
	}
	return all
}

// entries describes all subscriptions of a topic, by name.
func (t *topic) entries() []string {
	byName := map[string]*queue{}
	for _, q := range t.subs {
		byName[strings.ToLower(q.Name)] = q
	}
	return inOrder(byName, (*queue).entry)
}
