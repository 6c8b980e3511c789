package tables

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// services are what the tests run on.
var services = []struct {
	name string
	open func(*testing.T) http.Handler
}{
	{"stand-in", func(*testing.T) http.Handler { return new(standIn) }},
	{"azurite", func(t *testing.T) http.Handler {
		at, err := url.Parse(ledgertest.Azurite(t))
		if err != nil {
			t.Fatal(err)
		}
		at.Path = ""
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(at) }}
	}},
}

// onEach runs a test on all services.
func onEach(t *testing.T, test func(*testing.T, http.Handler)) {
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test(t, s.open(t))
		})
	}
}

// newTable is a name that no other test has.
func newTable() string { return "t" + rand.Text() }

// quick waits a little between two tries, and as long as it takes for an
// answer.
var quick = pace{try: 20 * time.Second, whole: 30 * time.Second, tries: 4, pause: time.Millisecond}

// open is a ledger on a service at an address of its own.
func open(t *testing.T, service http.Handler, table string) *Ledger {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	l, err := Open(Config{Endpoint: server.URL + "/" + azuriteAccount, Table: table})
	if err != nil {
		t.Fatal(err)
	}
	l.point, l.query = quick, quick
	return l
}

func TestTables(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, service http.Handler) {
		ledgertest.Run(t, func(t *testing.T) ledger.Ledger { return open(t, service, newTable()) })
	})
}

func TestTwoLedgersOnOneTableAreOne(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, service http.Handler) {
		name := newTable()
		mine, theirs := open(t, service, name), open(t, service, name)
		first := insert(t, mine, entry("one"))
		second := wantEntry(t, theirs, "one")
		second.Value = []byte("two")
		if _, err := theirs.Update(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		if _, err := mine.Update(t.Context(), first); !errors.Is(err, ledger.ErrChanged) {
			t.Errorf("over a change of the other: %v, want ErrChanged", err)
		}
		wantEntry(t, mine, "two")
		other := open(t, service, newTable())
		if _, err := other.Get(t.Context(), first.Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("in another table: %v, want ErrNotFound", err)
		}
	})
}

// People look at the table: they must find a row by its partition.
func TestARowCanBeReadByPeople(t *testing.T) {
	t.Parallel()
	s := new(standIn)
	l := open(t, s, "busbell")
	e := ledger.Entry{Key: ledger.Key{Partition: "production/incidents", Row: "1-ab/ü"}, Value: []byte("x")}
	insert(t, l, e)
	for _, row := range s.tables["busbell"] {
		for name, want := range map[string]any{
			"PartitionKey": "production:incidents", "Partition": `"production/incidents"`, "Row": `"1-ab/\u00fc"`, "Shape": float64(1),
		} {
			if row.properties[name] != want {
				t.Errorf("%s is %v, want %v", name, row.properties[name], want)
			}
		}
	}
	if s.missed != 1 {
		t.Errorf("%d calls missed the table, want the first", s.missed)
	}
}

func entry(value string) ledger.Entry {
	return ledger.Entry{Key: ledger.Key{Partition: "test/things", Row: "a"}, Value: []byte(value)}
}

func insert(t *testing.T, l *Ledger, e ledger.Entry) ledger.Entry {
	t.Helper()
	stored, err := l.Insert(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func wantEntry(t *testing.T, l *Ledger, value string) ledger.Entry {
	t.Helper()
	e, err := l.Get(t.Context(), entry("").Key)
	if err != nil || string(e.Value) != value {
		t.Fatalf("got %q, %v, want %q", e.Value, err, value)
	}
	return e
}
