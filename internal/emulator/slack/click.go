package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A Click is a person's use of a button or menu of a message.
type Click struct {
	Channel  string `json:"channel"` // id
	TS       string `json:"ts"`
	BlockID  string `json:"block_id,omitempty"` // "" where the action id is enough
	ActionID string `json:"action_id"`
	Option   string `json:"option,omitempty"` // the value chosen from a menu
	User     string `json:"user"`             // id
}

// A ClickResult is what the bot answered to a click.
type ClickResult struct {
	Status  int           `json:"status"`
	Latency time.Duration `json:"latency"` // nanoseconds in JSON
}

// Click posts a signed block_actions payload to the actions URL, as Slack
// does when c.User uses the button. It is an error when there is no such
// button, the bot cannot be reached, does not answer in time (Slack's 3 s), or
// answers other than 200.
func (s *Server) Click(ctx context.Context, c Click) (ClickResult, error) {
	to, secret, payload, err := s.prepare(c)
	if err != nil {
		return ClickResult{}, fmt.Errorf("click %q: %w", c.ActionID, err)
	}
	ctx, stop := context.WithTimeout(ctx, s.cfg.ClickPatience)
	defer stop()
	start := time.Now()
	status, err := post(ctx, to, secret, payload, s.cfg.Now())
	result := ClickResult{Status: status, Latency: time.Since(start)}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return result, fmt.Errorf("click %q: no answer within %s", c.ActionID, s.cfg.ClickPatience)
	case err != nil:
		return result, fmt.Errorf("click %q: %w", c.ActionID, err)
	case status != http.StatusOK:
		return result, fmt.Errorf("click %q: answered with status %d", c.ActionID, status)
	}
	return result, nil
}

// prepare makes the payload, with the workspace locked.
func (s *Server) prepare(c Click) (to, secret string, payload []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.ActionsURL == "" {
		return "", "", nil, errors.New("no actions URL is set, so nobody listens")
	}
	if s.cfg.Users[c.User] == "" {
		return "", "", nil, refuse("user_not_found")
	}
	at, err := s.channel(c.Channel)
	if err != nil {
		return "", "", nil, err
	}
	m, ok := at.message(c.TS)
	if !ok {
		return "", "", nil, refuse("message_not_found")
	}
	action, attachment := m.action(c)
	if action == nil {
		return "", "", nil, errors.New("the message has no such button")
	}
	action["action_ts"] = s.tick()
	payload, err = json.Marshal(s.payload(c, at, m, action, attachment))
	return s.cfg.ActionsURL, s.cfg.SigningSecret, payload, err
}

func (s *Server) payload(c Click, at *channel, m *Message, action object, attachment int) object {
	container := object{
		"type": "message", "message_ts": m.TS, "channel_id": at.id,
		"is_ephemeral": m.Ephemeral != "", "is_app_unfurl": false,
	}
	if attachment > 0 {
		container["type"], container["attachment_id"] = "message_attachment", attachment
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	name := s.cfg.Users[c.User]
	r := s.newResponse(at, m, c.User)
	return object{
		"type": "block_actions", "api_app_id": AppID, "token": "emulator",
		"user":         object{"id": c.User, "username": name, "name": name, "team_id": TeamID},
		"team":         object{"id": TeamID, "domain": "busbell-emulator"},
		"channel":      object{"id": at.id, "name": at.name},
		"container":    container,
		"message":      m.wire(at, true),
		"state":        object{"values": object{}},
		"trigger_id":   r.id + ".trigger",
		"response_url": s.base + "/respond/" + r.id,
		"actions":      []object{action},
	}
}

// post sends a payload and its signature, and follows no redirect.
func post(ctx context.Context, to, secret string, payload []byte, now time.Time) (int, error) {
	body := []byte(url.Values{"payload": {string(payload)}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", at, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Slack-Request-Timestamp", at)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, err
}
