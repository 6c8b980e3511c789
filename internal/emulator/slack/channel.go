package slack

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
)

// A channel is a place for messages, oldest first.
type channel struct {
	id, name string
	member   bool
	direct   bool // between the bot and one user
	messages []*Message
}

const keptMessages = 5000

// ChannelID is the id that every workspace here gives to a channel.
func ChannelID(name string) string { return id("C", strings.TrimPrefix(name, "#")) }

func id(prefix, name string) string {
	sum := sha256.Sum256([]byte(name))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:10]
}

func (s *Server) addChannel(name string, member bool) *channel {
	name = strings.TrimPrefix(name, "#")
	c := &channel{id: ChannelID(name), name: name, member: member}
	s.channels = append(s.channels, c)
	return c
}

// channel finds a channel by its id alone: all that most methods understand.
func (s *Server) channel(id string) (*channel, error) {
	i := slices.IndexFunc(s.channels, func(c *channel) bool { return c.id == id })
	if i < 0 {
		return nil, refuse("channel_not_found")
	}
	return s.channels[i], nil
}

// postTo finds the channel to post to, by id or by name, and makes one where
// the workspace is not strict about names.
func (s *Server) postTo(to string) (*channel, error) {
	name := strings.TrimPrefix(to, "#")
	i := slices.IndexFunc(s.channels, func(c *channel) bool { return c.id == to || c.name == name })
	if i < 0 {
		if s.cfg.Strict || name == "" || looksLikeID(to) {
			return nil, refuse("channel_not_found")
		}
		return s.addChannel(name, true), nil
	}
	if !s.channels[i].member {
		return nil, refuse("not_in_channel")
	}
	return s.channels[i], nil
}

// looksLikeID tells an id from a channel's name, which has no capitals.
func looksLikeID(s string) bool {
	return len(s) > 1 && strings.ContainsRune("CDG", rune(s[0])) && strings.ToUpper(s) == s
}

// add puts a new message at the channel's end.
func (s *Server) add(c *channel, m *Message) {
	m.TS = s.tick()
	c.messages = append(c.messages, m)
	if n := len(c.messages) - keptMessages; n > 0 {
		c.messages = slices.Delete(c.messages, 0, n)
	}
	s.touch(m)
}

// tick is the next ts: the time, but always later than the one before.
func (s *Server) tick() string {
	s.lastTS = max(s.cfg.Now().UnixMicro(), s.lastTS+1)
	return stamp(s.lastTS)
}

// stamp writes microseconds as a ts.
func stamp(us int64) string { return fmt.Sprintf("%d.%06d", us/1e6, us%1e6) }

// message finds a message that is still there.
func (c *channel) message(ts string) (*Message, bool) {
	i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.TS == ts && !m.Deleted })
	if i < 0 {
		return nil, false
	}
	return c.messages[i], true
}

// replies are the messages in the thread of ts, oldest first.
func (c *channel) replies(ts string) []*Message {
	var found []*Message
	for _, m := range c.messages {
		if m.ThreadTS == ts && !m.Deleted && m.Ephemeral == "" {
			found = append(found, m)
		}
	}
	return found
}
