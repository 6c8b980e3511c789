// Package slack stands in for Slack on one machine: the Web API that a bot
// uses, the upload and response addresses, and the clicks of people.
//
// A call is read (form, JSON or multipart), its token checked, its fault
// played if one is due, its fields held against Slack's limits, and only then
// carried out, one at a time. What the workspace then holds is there to read:
// [Server.Snapshot] for all of it, [Server.Changed] and [Server.Wait] for what
// is new, [Server.Watch] for a loop. Every message keeps its earlier versions.
//
// The promise is to be no kinder than Slack: names of channels are understood
// by chat.postMessage only, an update keeps what it leaves out, a post is
// never recognised as a repetition, and a deleted message is gone.
//
// For programs in other processes there is /_control/slack/, open to this
// machine only and not to web pages of other origins:
//
//	GET    state           the Snapshot as JSON
//	POST   clear           forget all messages
//	GET    faults          the faults still to come
//	POST   faults          add one: {"method":"chat.postMessage","kind":"dropAfterAccept","times":1}
//	DELETE faults          take all back
//	POST   history         {"lag":"2s","scope":true}: what conversations.history and .replies see
//	POST   click           {"channel":"C…","ts":"…","action_id":"…","user":"U…"}: press a button
//
// The kinds of faults and their fields are those of package control.
package slack

import (
	"net/http"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

// Config says what the workspace is like. Its zero value is one without
// channels that makes each at its first use and takes any token.
type Config struct {
	Token    string   // the only token that is good; "" takes any
	Scopes   []string // what it allows, as answers say; nil is all that a bot may want
	Channels []string // channels of which the bot is a member, with or without #
	Others   []string // channels of which it is not

	// Strict answers channel_not_found where a channel of an unknown name
	// would be made.
	Strict bool

	ActionsURL    string // where clicks are posted; see SendClicks
	SigningSecret string // signs them

	// ClickPatience is how long a click waits for its answer; 0 is Slack's 3 s.
	ClickPatience time.Duration

	Users  map[string]string   // names of people by id; nil is [DefaultUsers]
	Groups map[string][]string // user ids by usergroup id

	Now func() time.Time // nil is time.Now
}

// DefaultUsers are the people of a workspace that names none.
var DefaultUsers = map[string]string{"U0ANN": "ann", "U0BEN": "ben"}

// Who the bot is, whatever its token.
const (
	BotUserID = "U0BUSBELL"
	BotID     = "B0BUSBELL"
	AppID     = "A0BUSBELL"
	TeamID    = "T0BUSBELL"
)

// A Server is one workspace. It serves /api/, /upload/, /respond/ and
// /_control/slack/.
type Server struct {
	control.Knobs

	cfg     Config
	mux     *http.ServeMux
	methods map[string]method

	mu        sync.Mutex
	rev       int64
	cleared   int64
	changed   chan struct{} // closed at the next change
	base      string        // the address that callers use
	lastTS    int64         // microseconds
	channels  []*channel
	files     map[string]*File
	responses map[string]*response
	calls     map[string]int
	lag       time.Duration
	blind     bool // the history scopes are missing
}

// New makes a workspace.
func New(cfg Config) *Server {
	if cfg.Users == nil {
		cfg.Users = DefaultUsers
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ClickPatience == 0 {
		cfg.ClickPatience = 3 * time.Second
	}
	s := &Server{
		cfg:       cfg,
		changed:   make(chan struct{}),
		files:     map[string]*File{},
		responses: map[string]*response{},
		calls:     map[string]int{},
	}
	for _, name := range cfg.Channels {
		s.addChannel(name, true)
	}
	for _, name := range cfg.Others {
		s.addChannel(name, false)
	}
	s.methods = s.table()
	s.mux = s.routes()
	return s
}

// ServeHTTP answers a call. A fault that cuts the connection panics with
// [http.ErrAbortHandler], which net/http understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// SendClicks sets where clicks are posted from now on and the secret that
// signs them.
func (s *Server) SendClicks(url, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.ActionsURL, s.cfg.SigningSecret = url, secret
}

// LagHistory hides messages younger than lag from conversations.history and
// conversations.replies.
func (s *Server) LagHistory(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = lag
}

// ForbidHistory takes the scopes away, or gives them back, that
// conversations.history and conversations.replies need.
func (s *Server) ForbidHistory(forbidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blind = forbidden
}
