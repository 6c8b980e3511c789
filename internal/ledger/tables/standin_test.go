package tables

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A standIn is as much of a table service as the ledger asks for, so that
// what happens on the way can be tried on a machine that has only Go. Whether
// it tells the truth, the same tests on Azurite say.
type standIn struct {
	mu     sync.Mutex
	tables map[string]map[string]row
	writes int
	missed int // calls that found no table
	late   int // calls that find none after it was made
}

// A row is what was written, and the version of it.
type row struct {
	properties map[string]any
	etag       string
}

// scanned is how many rows a page looks at, however few of them it shows.
const scanned = 100

var (
	onRow  = regexp.MustCompile(`^(\w+)\(PartitionKey='(.*)',RowKey='(.*)'\)$`)
	filter = regexp.MustCompile(`^PartitionKey eq '([^']*)'(?: and Due le datetime'([^']*)')?$`)
)

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, _ := strings.CutPrefix(r.URL.Path, "/"+azuriteAccount+"/")
	if path == "Tables" {
		s.create(w, r)
		return
	}
	at := onRow.FindStringSubmatch(path)
	name, _, _ := strings.Cut(path, "(")
	table, there := s.tables[name]
	switch {
	case !there || s.late > 0:
		if there {
			s.late--
		}
		s.missed++
		refuse(w, http.StatusNotFound, "TableNotFound")
	case at != nil:
		s.one(w, r, table, at[2]+" "+at[3])
	case r.Method == http.MethodPost:
		s.insert(w, r, table)
	default:
		s.query(w, r, table)
	}
}

func (s *standIn) create(w http.ResponseWriter, r *http.Request) {
	name, _ := readRow(r)["TableName"].(string)
	if _, there := s.tables[name]; there {
		refuse(w, http.StatusConflict, "TableAlreadyExists")
		return
	}
	if s.tables == nil {
		s.tables = map[string]map[string]row{}
	}
	s.tables[name] = map[string]row{}
	answer(w, http.StatusCreated, map[string]any{"TableName": name})
}

func (s *standIn) insert(w http.ResponseWriter, r *http.Request, table map[string]row) {
	properties := readRow(r)
	key := fmt.Sprint(properties["PartitionKey"], " ", properties["RowKey"])
	if _, there := table[key]; there {
		refuse(w, http.StatusConflict, "EntityAlreadyExists")
		return
	}
	w.Header().Set("ETag", s.put(table, key, properties))
	answer(w, http.StatusCreated, properties)
}

func (s *standIn) one(w http.ResponseWriter, r *http.Request, table map[string]row, key string) {
	have, there := table[key]
	want := r.Header.Get("If-Match")
	switch {
	case !there:
		refuse(w, http.StatusNotFound, "ResourceNotFound")
	case r.Method == http.MethodGet:
		w.Header().Set("ETag", have.etag)
		answer(w, http.StatusOK, have.properties)
	case want != "*" && want != have.etag:
		refuse(w, http.StatusPreconditionFailed, "UpdateConditionNotSatisfied")
	case r.Method == http.MethodPut:
		w.Header().Set("ETag", s.put(table, key, readRow(r)))
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodDelete:
		delete(table, key)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *standIn) put(table map[string]row, key string, properties map[string]any) string {
	s.writes++
	etag := fmt.Sprintf(`W/"%d"`, s.writes)
	properties["odata.etag"], properties["Timestamp"] = etag, time.Now().UTC().Format(instant)
	table[key] = row{properties, etag}
	return etag
}

func (s *standIn) query(w http.ResponseWriter, r *http.Request, table map[string]row) {
	wanted := filter.FindStringSubmatch(r.URL.Query().Get("$filter"))
	if wanted == nil {
		refuse(w, http.StatusBadRequest, "InvalidInput")
		return
	}
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if partition, name, _ := strings.Cut(key, " "); partition == wanted[1] && name >= r.URL.Query().Get("NextRowKey") {
			keys = append(keys, key)
		}
	}
	shown := []any{}
	for _, key := range keys[:min(scanned, len(keys))] {
		due, has := table[key].properties["Due"].(string)
		if wanted[2] == "" || has && due <= wanted[2] {
			shown = append(shown, table[key].properties)
		}
	}
	if len(keys) > scanned {
		partition, name, _ := strings.Cut(keys[scanned], " ")
		w.Header().Set("x-ms-continuation-NextPartitionKey", partition)
		w.Header().Set("x-ms-continuation-NextRowKey", name)
	}
	answer(w, http.StatusOK, map[string]any{"value": shown})
}

func readRow(r *http.Request) map[string]any {
	var properties map[string]any
	if err := json.NewDecoder(r.Body).Decode(&properties); err != nil {
		panic(http.ErrAbortHandler)
	}
	return properties
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{"odata.error": map[string]any{"code": code, "message": map[string]any{"value": "from " + url.QueryEscape(code)}}})
}
