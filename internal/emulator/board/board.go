// Package board is Slack's and OpsGenie's stand-ins at one address, and the
// page that shows what both were told.
//
// The page at / loads once and then lives by /events: the first event holds
// everything, each later one what changed since. /state.json is the same as a
// file, POST /clear forgets it all. Whatever was posted reaches the page as
// JSON and is put into it as text, never as markup; the page's policy allows
// no script, style or picture but its own. Only this machine may look: requests
// from web pages of other origins, and those that name another host, are
// refused, whatever they ask for.
package board

import (
	"embed"
	"encoding/json"
	"net/http"
	"path"
	"sync"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

//go:embed assets
var assets embed.FS

// policy keeps everything off the page that it did not bring itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A Board is an http.Handler with the APIs of a workspace and a pager, and
// the page.
type Board struct {
	slack *slack.Server
	pager *opsgenie.Server
	local http.Handler

	closed chan struct{}
	close  sync.Once
}

// New makes a board of the two stand-ins. They stay the caller's.
func New(s *slack.Server, o *opsgenie.Server) *Board {
	b := &Board{slack: s, pager: o, closed: make(chan struct{})}
	mux := http.NewServeMux()
	for _, p := range []string{"/api/", "/upload/", "/respond/", "/_control/slack/"} {
		mux.Handle(p, s)
	}
	for _, p := range []string{"/v2/", "/jsm/", "/_control/opsgenie/"} {
		mux.Handle(p, o)
	}
	mux.HandleFunc("GET /{$}", b.servePage)
	mux.HandleFunc("GET /assets/{file}", b.serveAsset)
	mux.HandleFunc("GET /events", b.serveEvents)
	mux.HandleFunc("GET /state.json", b.serveState)
	mux.HandleFunc("GET /files/{id}", b.serveFile)
	mux.HandleFunc("POST /clear", b.serveClear)
	b.local = control.Local(mux)
	return b
}

// ServeHTTP answers all requests at the board's address.
func (b *Board) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.local.ServeHTTP(w, r) }

// Close ends the pages' event streams, which http.Server.Shutdown would wait
// for: give it to http.Server.RegisterOnShutdown.
func (b *Board) Close() { b.close.Do(func() { close(b.closed) }) }

// A State is all that both stand-ins hold, or what changed.
type State struct {
	Full  bool              `json:"full"`
	Slack slack.Snapshot    `json:"slack"`
	Pager opsgenie.Snapshot `json:"pager"`
}

func (b *Board) servePage(w http.ResponseWriter, r *http.Request) { serve(w, r, "index.html") }

func (b *Board) serveAsset(w http.ResponseWriter, r *http.Request) { serve(w, r, r.PathValue("file")) }

func serve(w http.ResponseWriter, r *http.Request, name string) {
	guard(w)
	http.ServeFileFS(w, r, assets, path.Join("assets", path.Base(name)))
}

func guard(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func (b *Board) serveState(w http.ResponseWriter, _ *http.Request) {
	guard(w)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `inline; filename="busbell-board.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(State{Full: true, Slack: b.slack.Snapshot(), Pager: b.pager.Snapshot()})
}

// serveFile gives an upload as plain text, whatever it says it is.
func (b *Board) serveFile(w http.ResponseWriter, r *http.Request) {
	content, ok := b.slack.File(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	guard(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(content)
}

func (b *Board) serveClear(w http.ResponseWriter, _ *http.Request) {
	b.slack.Clear()
	b.pager.Clear()
	w.WriteHeader(http.StatusNoContent)
}
