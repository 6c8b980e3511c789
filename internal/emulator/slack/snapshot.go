package slack

import (
	"context"
	"iter"
	"maps"
	"slices"
)

// A Snapshot is what the workspace holds at one moment.
type Snapshot struct {
	Rev      int64             `json:"rev"`     // counts changes
	Cleared  int64             `json:"cleared"` // the Rev at which all messages were last forgotten
	Channels []Channel         `json:"channels"`
	Users    map[string]string `json:"users"` // names of people by id

	// Calls counts the calls of each method, refused ones and those that met
	// a fault included.
	Calls map[string]int `json:"calls"`
}

// A Channel and its messages, replies included, in the order of their ts.
type Channel struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"` // without #
	Member   bool      `json:"member"`
	Direct   bool      `json:"direct,omitempty"` // between the bot and one user
	Messages []Message `json:"messages"`
}

// Channel finds a channel by its name, with or without #, or its id. The
// zero Channel has no messages.
func (s Snapshot) Channel(name string) Channel {
	for _, c := range s.Channels {
		if c.ID == name || c.ID == ChannelID(name) {
			return c
		}
	}
	return Channel{}
}

// Roots are the messages of the channel that are not replies, deleted or
// shown to one user only.
func (c Channel) Roots() []Message { return c.Replies("") }

// Replies are the messages in the thread of ts, deleted ones left out.
func (c Channel) Replies(ts string) []Message {
	return slices.DeleteFunc(slices.Clone(c.Messages), func(m Message) bool {
		return m.ThreadTS != ts || m.Deleted || m.Ephemeral != ""
	})
}

// Snapshot is all that the workspace holds now. It stays as it is.
func (s *Server) Snapshot() Snapshot { return s.Changed(0) }

// Changed is a snapshot that has only those messages that were added or
// changed after rev.
func (s *Server) Changed(rev int64) Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := Snapshot{Rev: s.rev, Cleared: s.cleared, Users: maps.Clone(s.cfg.Users), Calls: maps.Clone(s.calls)}
	for _, c := range s.channels {
		seen := Channel{ID: c.id, Name: c.name, Member: c.member, Direct: c.direct, Messages: []Message{}}
		for _, m := range c.messages {
			if m.Rev > rev {
				kept := *m
				kept.Edits = slices.Clone(m.Edits)
				seen.Messages = append(seen.Messages, kept)
			}
		}
		snap.Channels = append(snap.Channels, seen)
	}
	return snap
}

// Wait returns the newest rev as soon as it is later than the given one, or
// ctx's error.
func (s *Server) Wait(ctx context.Context, rev int64) (int64, error) {
	for {
		s.mu.Lock()
		now, changed := s.rev, s.changed
		s.mu.Unlock()
		if now > rev {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Watch yields a snapshot at once and another after each change, until ctx
// ends. Changes that come faster than they are looked at come together.
func (s *Server) Watch(ctx context.Context) iter.Seq[Snapshot] {
	return func(yield func(Snapshot) bool) {
		for {
			snap := s.Snapshot()
			if !yield(snap) {
				return
			}
			if _, err := s.Wait(ctx, snap.Rev); err != nil {
				return
			}
		}
	}
}

// Clear forgets all messages and files. Channels stay.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		c.messages = nil
	}
	clear(s.files)
	clear(s.responses)
	clear(s.calls)
	s.touch(nil)
	s.cleared = s.rev
}

// touch notes a change, to m if it is not nil.
func (s *Server) touch(m *Message) {
	s.rev++
	if m != nil {
		m.Rev = s.rev
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// touchRoot notes that the thread of a reply changed.
func (s *Server) touchRoot(c *channel, reply *Message) {
	if root, ok := c.message(reply.ThreadTS); ok {
		s.touch(root)
	}
}
