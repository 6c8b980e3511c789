package servicebus

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A page is a feed as the clients of Java and Python read it.
type feedPage struct {
	Links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Titles []string `xml:"entry>title"`
	IDs    []string `xml:"entry>id"`
}

func readPage(t *testing.T, client *http.Client, address string) feedPage {
	t.Helper()
	r, err := http.NewRequestWithContext(soon(t), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p feedPage
	if err := xml.Unmarshal(text, &p); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// Python's client takes the second of exactly two links, Java's and
// JavaScript's the one that is called "next"; all read $skip and $top in it.
func TestListsLeadFromPageToPage(t *testing.T) {
	cfg := Config{Topics: []Topic{{Name: "t"}}}
	for i := range 205 {
		cfg.Queues = append(cfg.Queues, Queue{Name: fmt.Sprintf("shop/q%03d", i)})
	}
	for i := range 5 {
		cfg.Topics = append(cfg.Topics, Topic{Name: fmt.Sprint("t", i)})
		cfg.Topics[0].Subscriptions = append(cfg.Topics[0].Subscriptions, Queue{Name: fmt.Sprint("s", i), Rules: []Rule{{Name: "a"}, {Name: "b"}, {Name: "c"}}})
	}
	s := start(t, cfg)
	defer http.DefaultClient.CloseIdleConnections()
	for list, want := range map[string]struct{ entries, pages int }{
		"/$Resources/queues?api-version=2021-05":                               {205, 3},
		"/$Resources/Queues?api-version=2024-05&$skip=0&$top=100&enrich=false": {205, 3},
		"/$Resources/topics?$top=2":                                            {6, 3},
		"/t/Subscriptions?$skip=1&$top=3":                                      {4, 2},
		"/t/Subscriptions/s0/Rules/?$top=1":                                    {3, 3},
		"/$Resources/queues?$top=1000&$skip=1000":                              {0, 1},
	} {
		seen := map[string]bool{}
		pages := 0
		for next := "http://" + s.AdminAddr() + list; next != ""; {
			p := readPage(t, http.DefaultClient, next)
			for _, title := range p.Titles {
				seen[title] = true
			}
			next = ""
			if pages++; len(p.Links) == 2 {
				next = p.Links[1].Href
				u, err := url.Parse(next)
				if err != nil || p.Links[1].Rel != "next" || !u.IsAbs() || u.Query().Get("$skip") == "" || u.Query().Get("$top") == "" ||
					u.Query().Get("api-version") == "" || !strings.Contains(next, "$skip=") {
					t.Fatalf("%s: links %+v, %v", list, p.Links, err)
				}
			}
		}
		if len(seen) != want.entries || pages != want.pages {
			t.Errorf("%s: %d entries in %d pages, want %+v", list, len(seen), pages, want)
		}
	}
}

// JavaScript's client reads the names of entities from these addresses.
func TestEntriesAreNamedByTheirWholePath(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "shop/q"}}, Topics: []Topic{{Name: "shop/t", Subscriptions: []Queue{{Name: "s"}}}}})
	defer http.DefaultClient.CloseIdleConnections()
	for list, want := range map[string]string{
		"/$Resources/queues": "/shop/q", "/$Resources/topics": "/shop/t", "/SHOP/t/subscriptions": "/shop/t/Subscriptions/s",
		"/shop/t/subscriptions/S/rules": "/shop/t/Subscriptions/s/Rules/$Default",
	} {
		p := readPage(t, http.DefaultClient, "http://"+s.Addr()+list)
		if len(p.IDs) != 1 {
			t.Fatalf("%s: %+v", list, p)
		}
		if u, err := url.Parse(p.IDs[0]); err != nil || u.Host == "" || u.Path != want {
			t.Errorf("%s: id %s, want path %s", list, p.IDs[0], want)
		}
	}
}
