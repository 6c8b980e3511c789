package slack

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

const (
	maxText       = 40_000 // cut, with a warning
	maxUpdateText = 4_000  // refused
)

func (s *Server) chatPostMessage(c call) (reply, error) {
	to, err := s.postTo(c.get("channel"))
	if err != nil {
		return nil, err
	}
	content, err := contentOf(c)
	if err != nil {
		return nil, err
	}
	if content.empty() {
		return nil, refuse("no_text")
	}
	answer := reply{"channel": to.id}
	if utf8.RuneCountInString(content.Text) > maxText {
		content.Text = string([]rune(content.Text)[:maxText])
		answer["warning"] = "message_truncated"
	}
	m := &Message{Content: content, ClientMsgID: c.get("client_msg_id")}
	m.ThreadTS = to.root(c.get("thread_ts"))
	m.Broadcast = m.ThreadTS != "" && c.yes("reply_broadcast")
	s.add(to, m)
	s.touchRoot(to, m)
	answer["ts"] = m.TS
	answer["message"] = m.wire(to, true)
	return answer, nil
}

// root is the ts of the thread that ts belongs to; "" where there is none,
// so that a reply to a deleted message goes to the channel, as with Slack.
func (c *channel) root(ts string) string {
	m, ok := c.message(ts)
	if !ok {
		return ""
	}
	if m.ThreadTS != "" {
		return m.ThreadTS
	}
	return m.TS
}

func (s *Server) chatPostEphemeral(c call) (reply, error) {
	to, err := s.postTo(c.get("channel"))
	if err != nil {
		return nil, err
	}
	user := c.get("user")
	if s.cfg.Users[user] == "" {
		return nil, refuse("user_not_in_channel")
	}
	content, err := contentOf(c)
	if err != nil {
		return nil, err
	}
	if content.empty() {
		return nil, refuse("no_text")
	}
	m := &Message{Content: content, Ephemeral: user, ThreadTS: to.root(c.get("thread_ts"))}
	s.add(to, m)
	return reply{"message_ts": m.TS}, nil
}

func (s *Server) chatUpdate(c call) (reply, error) {
	at, m, err := s.find(c, "ts")
	if err != nil {
		return nil, err
	}
	given, err := contentOf(c)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(given.Text) > maxUpdateText {
		return nil, refuse("msg_too_long")
	}
	content := m.keep(c, given)
	if content.empty() {
		return nil, refuse("no_text")
	}
	m.revise(content, s.cfg.Now())
	s.touch(m)
	return reply{"channel": at.id, "ts": m.TS, "text": m.Text, "message": m.wire(at, true)}, nil
}

// keep is the content after an update that gives only some fields: the others
// stay. An empty list removes, and so does an empty object as metadata.
func (m *Message) keep(c call, given Content) Content {
	if !c.has("text") {
		given.Text = m.Text
	}
	if !c.has("blocks") {
		given.Blocks = m.Blocks
	}
	if !c.has("attachments") {
		given.Attachments = m.Attachments
	}
	if !c.has("metadata") {
		given.Metadata = m.Metadata
	}
	return given
}

func (s *Server) chatDelete(c call) (reply, error) {
	at, m, err := s.find(c, "ts")
	if err != nil {
		return nil, err
	}
	m.Deleted = true
	s.touch(m)
	s.touchRoot(at, m)
	return reply{"channel": at.id, "ts": m.TS}, nil
}

// Delete is a person's deleting of a message; false where there is none.
func (s *Server) Delete(channel, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.channel(channel)
	if err != nil {
		return false
	}
	m, ok := at.message(ts)
	if ok {
		m.Deleted = true
		s.touch(m)
	}
	return ok
}

func (s *Server) chatGetPermalink(c call) (reply, error) {
	at, m, err := s.find(c, "message_ts")
	if err != nil {
		return nil, err
	}
	link := c.base + "/#" + at.id + "/p" + strings.ReplaceAll(m.TS, ".", "")
	return reply{"channel": at.id, "permalink": link}, nil
}

// find is the message that a call names by channel id and ts.
func (s *Server) find(c call, ts string) (*channel, *Message, error) {
	at, err := s.channel(c.get("channel"))
	if err != nil {
		return nil, nil, err
	}
	m, ok := at.message(c.get(ts))
	if !ok || m.Ephemeral != "" {
		return nil, nil, refuse("message_not_found")
	}
	return at, m, nil
}

// contentOf reads and checks what a call wants to say.
func contentOf(c call) (Content, error) {
	blocks, err := readBlocks(c.get("blocks"))
	if err != nil {
		return Content{}, err
	}
	attachments, err := readAttachments(c.get("attachments"))
	if err != nil {
		return Content{}, err
	}
	about, err := readMetadata(c.get("metadata"))
	if err != nil {
		return Content{}, err
	}
	return Content{Text: c.get("text"), Blocks: blocks, Attachments: attachments, Metadata: about}, nil
}

func (c Content) empty() bool {
	return strings.TrimSpace(c.Text) == "" && len(c.Blocks) == 0 && len(c.Attachments) == 0
}

const maxMetadata = 16 << 10

func readMetadata(raw string) (json.RawMessage, error) {
	if raw == "" || raw == "{}" {
		return nil, nil
	}
	var m struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	}
	switch err := json.Unmarshal([]byte(raw), &m); {
	case err != nil:
		return nil, refuse("invalid_metadata_format")
	case m.EventType == "" && len(m.EventPayload) == 0: // what slack-go sends for none
		return nil, nil
	case m.EventType == "" || m.EventPayload == nil:
		return nil, refuse("invalid_metadata_schema")
	case len(raw) > maxMetadata:
		return nil, refuse("metadata_too_large")
	}
	return json.RawMessage(raw), nil
}
