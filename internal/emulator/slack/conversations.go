package slack

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) conversationsHistory(c call) (reply, error) {
	at, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	var found []*Message
	for _, m := range slices.Backward(at.messages) {
		if !m.hidden() && s.visible(m) && within(c, m.TS) {
			found = append(found, m)
		}
	}
	return page(c, at, found)
}

func (s *Server) conversationsReplies(c call) (reply, error) {
	at, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	root, ok := at.message(at.root(c.get("ts")))
	if !ok || !s.visible(root) {
		return nil, refuse("thread_not_found")
	}
	found := []*Message{root}
	for _, m := range at.replies(root.TS) {
		if s.visible(m) && within(c, m.TS) {
			found = append(found, m)
		}
	}
	return page(c, at, found)
}

// readable is the channel of a call that reads messages.
func (s *Server) readable(c call) (*channel, error) {
	if s.blind {
		return nil, lacks("conversations.history")
	}
	at, err := s.channel(c.get("channel"))
	if err != nil {
		return nil, err
	}
	if !at.member {
		return nil, refuse("not_in_channel")
	}
	return at, nil
}

// visible leaves out what is too young for a history that lags.
func (s *Server) visible(m *Message) bool {
	if m.Deleted || m.Ephemeral != "" {
		return false
	}
	return micros(m.TS) <= s.cfg.Now().Add(-s.lag).UnixMicro() || s.lag == 0
}

// within reports whether ts is between the call's oldest and latest.
func within(c call, ts string) bool {
	at := micros(ts)
	after := func(bound string, sign int) bool {
		if bound == "" {
			return true
		}
		d := cmp.Compare(at, micros(bound)) * sign
		return d > 0 || d == 0 && c.yes("inclusive")
	}
	return after(c.get("oldest"), 1) && after(c.get("latest"), -1)
}

// micros reads a ts, or any number of seconds; 0 where it is none.
func micros(ts string) int64 {
	sec, frac, _ := strings.Cut(ts, ".")
	n, _ := strconv.ParseInt(sec, 10, 64)
	us, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return n*1e6 + us
}

// page is the part of found that a call asks for, and the way to the next.
func page(c call, at *channel, found []*Message) (reply, error) {
	part, next, err := slice(c, found)
	if err != nil {
		return nil, err
	}
	messages := make([]reply, 0, len(part))
	for _, m := range part {
		messages = append(messages, m.wire(at, c.yes("include_all_metadata")))
	}
	return reply{"messages": messages, "has_more": next != "", "response_metadata": reply{"next_cursor": next}}, nil
}

// slice cuts what limit and cursor ask for out of all.
func slice[T any](c call, all []T) (part []T, next string, err error) {
	from := 0
	if cursor := c.get("cursor"); cursor != "" {
		plain, err := base64.StdEncoding.DecodeString(cursor)
		if err != nil {
			return nil, "", refuse("invalid_cursor")
		}
		if from, err = strconv.Atoi(string(plain)); err != nil || from < 0 || from > len(all) {
			return nil, "", refuse("invalid_cursor")
		}
	}
	limit := 100
	if text := c.get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 0 || limit > 1000 {
			return nil, "", refuse("invalid_limit")
		}
		if limit == 0 {
			limit = 100
		}
	}
	to := min(from+limit, len(all))
	if to < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return all[from:to], next, nil
}

func (s *Server) conversationsList(c call) (reply, error) {
	return s.list(c, func(*channel) bool { return true })
}

// usersConversations lists what the bot is in.
func (s *Server) usersConversations(c call) (reply, error) {
	return s.list(c, func(ch *channel) bool { return ch.member })
}

func (s *Server) list(c call, wanted func(*channel) bool) (reply, error) {
	types := cmp.Or(c.get("types"), "public_channel")
	var found []reply
	for _, ch := range s.channels {
		if !wanted(ch) {
			continue
		}
		if !ch.direct && strings.Contains(types, "public_channel") || ch.direct && strings.Contains(types, "im") {
			found = append(found, ch.wire())
		}
	}
	part, next, err := slice(c, found)
	if err != nil {
		return nil, err
	}
	return reply{"channels": append([]reply{}, part...), "response_metadata": reply{"next_cursor": next}}, nil
}

func (s *Server) conversationsInfo(c call) (reply, error) {
	at, err := s.channel(c.get("channel"))
	if err != nil {
		return nil, err
	}
	return reply{"channel": at.wire()}, nil
}

func (s *Server) conversationsJoin(c call) (reply, error) {
	at, err := s.channel(c.get("channel"))
	if err != nil {
		return nil, err
	}
	at.member = true
	s.touch(nil)
	return reply{"channel": at.wire()}, nil
}

func (s *Server) conversationsOpen(c call) (reply, error) {
	user := c.get("users")
	if s.cfg.Users[user] == "" {
		return nil, refuse("user_not_found")
	}
	at, err := s.channel(id("D", user))
	if err != nil {
		at = &channel{id: id("D", user), name: s.cfg.Users[user], member: true, direct: true}
		s.channels = append(s.channels, at)
	}
	return reply{"channel": at.wire(), "no_op": err == nil, "already_open": err == nil}, nil
}

func (c *channel) wire() reply {
	return reply{
		"id": c.id, "name": c.name, "name_normalized": c.name, "is_channel": !c.direct, "is_im": c.direct,
		"is_member": c.member, "is_archived": false, "is_private": false, "is_general": false,
	}
}
