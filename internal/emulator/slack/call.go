package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/emulator/control"
)

const maxBody = 4 << 20

// A call is one use of a Web API method, whatever its encoding was.
type call struct {
	args  url.Values
	token string
	base  string // the address that the caller used: http://127.0.0.1:9700
}

func (c call) get(name string) string { return c.args.Get(name) }
func (c call) has(name string) bool   { return c.args.Has(name) }

// yes reads the booleans of Slack's form fields.
func (c call) yes(name string) bool {
	switch strings.ToLower(c.get(name)) {
	case "1", "true", "t", "yes":
		return true
	}
	return false
}

// A method carries out a call, with the workspace locked.
type method func(call) (reply, error)

type reply map[string]any

// A refusal is Slack's "ok": false.
type refusal struct {
	code     string
	messages []string
	needed   string // the scope that is missing
}

func (r refusal) Error() string { return r.code }

func refuse(code string) error { return refusal{code: code} }

// lacks refuses a method for want of a scope.
func lacks(method string) error {
	needed := map[string]string{
		"chat.delete": "chat:write", "chat.postEphemeral": "chat:write", "chat.postMessage": "chat:write", "chat.update": "chat:write",
		"conversations.history": "channels:history", "conversations.replies": "channels:history", "conversations.list": "channels:read",
		"files.completeUploadExternal": "files:write", "files.getUploadURLExternal": "files:write", "users.info": "users:read",
		"users.conversations": "channels:read",
	}[method]
	return refusal{code: "missing_scope", needed: needed}
}

func (s *Server) table() map[string]method {
	return map[string]method{
		"api.test":                     func(call) (reply, error) { return reply{}, nil },
		"auth.test":                    s.authTest,
		"chat.delete":                  s.chatDelete,
		"chat.getPermalink":            s.chatGetPermalink,
		"chat.postEphemeral":           s.chatPostEphemeral,
		"chat.postMessage":             s.chatPostMessage,
		"chat.update":                  s.chatUpdate,
		"conversations.history":        s.conversationsHistory,
		"conversations.info":           s.conversationsInfo,
		"conversations.join":           s.conversationsJoin,
		"conversations.list":           s.conversationsList,
		"conversations.open":           s.conversationsOpen,
		"conversations.replies":        s.conversationsReplies,
		"files.completeUploadExternal": s.filesCompleteUpload,
		"files.getUploadURLExternal":   s.filesGetUploadURL,
		"usergroups.users.list":        s.usergroupsUsersList,
		"users.conversations":          s.usersConversations,
		"users.info":                   s.usersInfo,
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /upload/{id}", s.serveUpload)
	mux.HandleFunc("POST /respond/{id}", s.serveRespond)
	mux.Handle("/_control/slack/", control.Local(s.controls()))
	return mux
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	s.mu.Lock()
	if s.methods[name] != nil {
		s.calls[name]++
	}
	s.mu.Unlock()
	s.Serve(w, r, name, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-OAuth-Scopes", strings.Join(s.scopes(), ","))
		answer, err := s.run(w, r, name)
		write(w, answer, err)
	}, func(w http.ResponseWriter, f control.Fault) {
		if f.Error == "missing_scope" {
			write(w, nil, lacks(name))
			return
		}
		write(w, nil, refuse(f.Error))
	})
}

// scopes are those that the token has.
func (s *Server) scopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	has := s.cfg.Scopes
	if has == nil {
		has = []string{
			"chat:write", "channels:read", "groups:read", "channels:history", "groups:history",
			"metadata.message:read", "files:write", "usergroups:read",
		}
	}
	return slices.DeleteFunc(slices.Clone(has), func(scope string) bool { return s.blind && strings.HasSuffix(scope, ":history") })
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, name string) (reply, error) {
	do := s.methods[name]
	if do == nil {
		return nil, refuse("unknown_method")
	}
	c, err := read(w, r)
	if err != nil {
		return nil, err
	}
	switch {
	case c.token == "":
		return nil, refuse("not_authed")
	case s.cfg.Token != "" && c.token != s.cfg.Token:
		return nil, refuse("invalid_auth")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = c.base
	return do(c)
}

// read takes the arguments from the query, a form, a multipart form or JSON.
func read(w http.ResponseWriter, r *http.Request) (call, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := call{args: r.URL.Query(), base: "http://" + r.Host}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch kind {
	case "application/json":
		err = readJSON(r, c.args)
	case "multipart/form-data":
		if err = r.ParseMultipartForm(maxBody); err == nil {
			c.args = r.Form
		}
	default:
		if err = r.ParseForm(); err == nil {
			c.args = r.Form
		}
	}
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return call{}, refuse("request_too_large")
	}
	if err != nil {
		return call{}, refuse("invalid_form_data")
	}
	c.token = c.args.Get("token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.token = bearer
	}
	return c, nil
}

// readJSON keeps strings as they are and everything else as its JSON text,
// which is what a form would have carried.
func readJSON(r *http.Request, args url.Values) error {
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		return fmt.Errorf("JSON body: %w", err)
	}
	for name, raw := range fields {
		var text string
		switch {
		case json.Unmarshal(raw, &text) == nil && string(raw) != "null":
			args.Set(name, text)
		case string(raw) != "null":
			args.Set(name, string(raw))
		}
	}
	return nil
}

func write(w http.ResponseWriter, answer reply, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err == nil {
		answer["ok"] = true
	} else {
		answer = reply{"ok": false}
		if err.Error() != "" {
			answer["error"] = err.Error()
		}
		r, _ := errors.AsType[refusal](err)
		if len(r.messages) > 0 {
			answer["response_metadata"] = reply{"messages": r.messages}
		}
		if r.needed != "" {
			answer["needed"], answer["provided"] = r.needed, "identify"
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}
