package slack

import (
	"encoding/json"
	"slices"
	"time"
)

// A Message is one message of a channel, or one of its threads.
type Message struct {
	Rev      int64  `json:"rev"` // of the last change to it
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts,omitempty"` // the root's ts, of replies only
	Content

	Broadcast   bool   `json:"broadcast,omitempty"`     // a reply shown in the channel too
	Ephemeral   string `json:"ephemeral,omitempty"`     // the only user who sees it
	ClientMsgID string `json:"client_msg_id,omitempty"` // kept, never used to find repetitions
	Deleted     bool   `json:"deleted,omitempty"`
	Files       []File `json:"files,omitempty"`

	// Edits are the earlier versions, oldest first; the oldest are dropped
	// when there are many. EditCount counts them all.
	Edits     []Edit `json:"edits,omitempty"`
	EditCount int    `json:"edit_count,omitempty"`
}

// Content is the part of a message that an update can change. The JSON is
// the bot's own, with what Slack adds to it: block and attachment ids.
type Content struct {
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
}

// An Edit is a version of a message and when it was replaced.
type Edit struct {
	Content
	Until time.Time `json:"until"`
}

// A File is an upload. Its content can be had from [Server.File].
type File struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Title string `json:"title"`
	Size  int    `json:"size"`

	content  []byte
	finished bool
}

const keptEdits = 50

// revise replaces the message's content and keeps the old one.
func (m *Message) revise(c Content, now time.Time) {
	m.Edits = append(m.Edits, Edit{m.Content, now})
	if n := len(m.Edits) - keptEdits; n > 0 {
		m.Edits = slices.Delete(m.Edits, 0, n)
	}
	m.EditCount++
	m.Content = c
}

// hidden reports whether the message is in a thread and only there.
func (m *Message) hidden() bool { return m.ThreadTS != "" && !m.Broadcast }

// wire is the message as Slack's answers show it.
func (m *Message) wire(c *channel, payload bool) reply {
	w := reply{
		"type": "message", "user": BotUserID, "bot_id": BotID, "app_id": AppID, "team": TeamID,
		"ts": m.TS, "text": m.Text,
	}
	put := func(name string, raw json.RawMessage) {
		if len(raw) > 0 {
			w[name] = raw
		}
	}
	put("blocks", m.Blocks)
	put("attachments", m.Attachments)
	put("metadata", metadata(m.Metadata, payload))
	if m.ClientMsgID != "" {
		w["client_msg_id"] = m.ClientMsgID
	}
	if m.EditCount > 0 {
		w["edited"] = reply{"user": BotUserID, "ts": stamp(m.Edits[len(m.Edits)-1].Until.UnixMicro())}
	}
	if len(m.Files) > 0 {
		w["files"] = m.Files
	}
	m.wireThread(w, c)
	return w
}

func (m *Message) wireThread(w reply, c *channel) {
	switch replies := c.replies(m.TS); {
	case m.ThreadTS != "":
		w["thread_ts"] = m.ThreadTS
		w["parent_user_id"] = BotUserID
		if m.Broadcast {
			w["subtype"] = "thread_broadcast"
		}
	case len(replies) > 0:
		w["thread_ts"] = m.TS
		w["reply_count"] = len(replies)
		w["latest_reply"] = replies[len(replies)-1].TS
		w["reply_users"] = []string{BotUserID}
	}
}

// metadata leaves the payload out unless it was asked for, as Slack does.
func metadata(raw json.RawMessage, payload bool) json.RawMessage {
	if payload || len(raw) == 0 {
		return raw
	}
	var m struct {
		EventType string `json:"event_type"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	short, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return short
}
