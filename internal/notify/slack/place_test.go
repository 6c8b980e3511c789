package slack

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/notify"
)

func TestNamesBecomeIds(t *testing.T) {
	for _, tt := range []struct{ to, want string }{
		{"#bus-errors", place},
		{"bus-errors", place},
		{" #Bus-Errors", place},
		{"C0123ABC", "C0123ABC"},
		{"G0123ABC", "G0123ABC"},
	} {
		if got, err := serve(t).channel().Resolve(t.Context(), tt.to); err != nil || got != tt.want {
			t.Errorf("Resolve(%q) = %q, %v, want %q", tt.to, got, err, tt.want)
		}
	}
}

func TestNamesAreLookedUpOnce(t *testing.T) {
	s := serve(t)
	s.on("conversations.list",
		say(`{"ok":true,"channels":[{"id":"C0GENERAL","name":"general"}],"response_metadata":{"next_cursor":"more"}}`),
		say(`{"ok":true,"channels":[{"id":"C0BUSERRORS","name":"bus-errors"}]}`))
	c := s.channel()
	for range 3 {
		if id, err := c.Resolve(t.Context(), "#bus-errors"); err != nil || id != place {
			t.Fatalf("Resolve = %q, %v", id, err)
		}
	}
	lists := s.got("conversations.list")
	if len(lists) != 2 || lists[1].Get("cursor") != "more" {
		t.Errorf("listed %v", lists)
	}
}

// The bot is in few channels, whatever the size of the workspace.
func TestAChannelThatTheBotIsInNeedsNoListOfAll(t *testing.T) {
	s := serve(t)
	s.on("users.conversations", say(`{"ok":true,"channels":[{"id":"C0BUSERRORS","name":"bus-errors"}]}`))
	if id, err := s.channel().Resolve(t.Context(), "#bus-errors"); err != nil || id != place {
		t.Errorf("Resolve = %q, %v", id, err)
	}
	if n := len(s.got("conversations.list")); n != 0 {
		t.Errorf("listed all channels %d times", n)
	}
	if got := s.got("users.conversations")[0]; got.Get("limit") != "999" || got.Get("types") != "public_channel,private_channel" || got.Has("user") {
		t.Errorf("asked for %v", got)
	}
}

// Slack allows twenty pages a minute: a list that breaks off goes on.
func TestAListThatBreaksOffGoesOnWhereItDid(t *testing.T) {
	s := serve(t)
	s.on("users.conversations", say(`{"ok":true,"channels":[]}`))
	page := func(id, next string) http.HandlerFunc {
		return say(fmt.Sprintf(`{"ok":true,"channels":[{"id":"C%s","name":"c%s"}],"response_metadata":{"next_cursor":%q}}`, id, id, next))
	}
	limited := status(429, ``, "Retry-After", "30")
	s.on("conversations.list", page("001", "two"), page("002", "three"), limited, page("003", "four"), limited, refuse("invalid_cursor"), page("001", "two"), page("002", ""), page("009", ""))
	c := s.channel()
	for range 2 {
		_, err := c.Resolve(t.Context(), "#bus-errors")
		if !isLater(err) || !strings.Contains(err.Error(), "by its id") {
			t.Errorf("err = %v, want later and the cure", err)
		}
	}
	if _, err := c.Resolve(t.Context(), "#bus-errors"); !errors.Is(err, notify.ErrRejected) || !strings.Contains(err.Error(), "by its id") {
		t.Errorf("err = %v, want rejected and the cure", err)
	}
	var cursors []string
	for _, form := range s.got("conversations.list") {
		cursors = append(cursors, form.Get("cursor"))
	}
	if want := []string{"", "two", "three", "three", "four", "four", "", "two"}; !slices.Equal(cursors, want) {
		t.Errorf("cursors %q, want %q", cursors, want)
	}
}

func TestUnknownChannelSuggestsAName(t *testing.T) {
	s := serve(t)
	c := s.channel()
	for range 2 { // the second time from memory
		_, err := c.Send(t.Context(), notify.Notice{Act: notify.Post, To: "#bus-eror"}, notify.Receipt{})
		if !errors.Is(err, notify.ErrRejected) || !strings.Contains(err.Error(), `did you mean "bus-errors"?`) {
			t.Errorf("err = %v", err)
		}
	}
	if n := len(s.got("conversations.list")); n != 1 {
		t.Errorf("listed %d times, want 1", n)
	}
	if n := len(s.got("chat.postMessage")); n != 0 {
		t.Errorf("%d posts, want none", n)
	}
}

func TestWithoutScopeChannelsArePostedToByName(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"missing scope":  refuse("missing_scope"),
		"unknown method": refuse("unknown_method"),
		"empty list":     say(`{"ok":true,"channels":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			s.on("conversations.list", answer)
			c := s.channel()
			n := opened()
			if _, _, err := c.Find(t.Context(), n, notify.Receipt{}, sent); err == nil || !strings.Contains(err.Error(), "channels:read") {
				t.Errorf("Find before: %v, want an error", err)
			}
			if r, err := c.Send(t.Context(), n, notify.Receipt{}); err != nil || r != on {
				t.Fatalf("Send = %v, %v", r, err)
			}
			if got := s.got("chat.postMessage")[0].Get("channel"); got != "#bus-errors" {
				t.Errorf("posted to %q", got)
			}
			if id, err := c.Resolve(t.Context(), "#bus-errors"); err != nil || id != place {
				t.Errorf("afterwards Resolve = %q, %v", id, err)
			}
		})
	}
}

func TestPrivateChannelsNeedNoScopeForPublicOnes(t *testing.T) {
	s := serve(t)
	list := s.answers["conversations.list"][0]
	s.on("conversations.list", refuse("missing_scope"), list)
	if id, err := s.channel().Resolve(t.Context(), "#bus-errors"); err != nil || id != place {
		t.Errorf("Resolve = %q, %v", id, err)
	}
	if got := s.got("conversations.list")[1].Get("types"); got != "public_channel" {
		t.Errorf("types = %q", got)
	}
}

func TestTroubleWhileResolvingSaysNothing(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"dropped": hangUp, "broken": status(500, ``), "limited": status(429, ``, "Retry-After", "3"), "page": say(`<html>`),
	} {
		s := serve(t)
		s.on("conversations.list", answer)
		_, err := s.channel().Send(t.Context(), opened(), notify.Receipt{})
		if !isLater(err) || len(s.got("chat.postMessage")) != 0 {
			t.Errorf("%s: %v, want later", name, err)
		}
	}
	s := serve(t)
	s.on("conversations.list", refuse("invalid_auth"))
	if _, err := s.channel().Send(t.Context(), opened(), notify.Receipt{}); !errors.Is(err, notify.ErrRejected) {
		t.Errorf("bad token: %v, want rejected", err)
	}
}

func TestRejectedChannelIsLookedUpAnew(t *testing.T) {
	s := serve(t)
	s.on("chat.postMessage", refuse("channel_not_found"))
	c := s.channel()
	for range 2 {
		_, _ = c.Send(t.Context(), opened(), notify.Receipt{})
	}
	if n := len(s.got("conversations.list")); n != 2 {
		t.Errorf("listed %d times, want 2", n)
	}
}
