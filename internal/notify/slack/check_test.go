package slack

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/setting"
)

func TestABearerIsAsWhomTheTokenSpeaks(t *testing.T) {
	s := serve(t)
	s.on("auth.test", status(200, `{"ok":true,"user":"busbell","team":"Shop"}`, "X-OAuth-Scopes", "chat:write, channels:read", "Date", "Fri, 17 Apr 2026 08:34:01 GMT"))
	b, err := s.channel().Bearer(t.Context())
	if err != nil || b.Name != "busbell" || b.Team != "Shop" || !slices.Equal(b.Scopes, []string{"chat:write", "channels:read"}) || b.Now.Unix() != 1776414841 {
		t.Errorf("Bearer = %+v, %v", b, err)
	}
	s.on("auth.test", say(`{"ok":false,"error":"invalid_auth `+token+`"}`))
	_, err = s.channel().Bearer(t.Context())
	if err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("error: %v", err)
	}
	s.on("auth.test", say(`{"ok":false,"error":"invalid_auth"}`))
	if _, err := s.channel().Bearer(t.Context()); err == nil {
		t.Error("no error")
	} else if known, ok := errors.AsType[*setting.Cured](err); !ok || known.Cure == "" {
		t.Errorf("error without a cure: %v", err)
	}
}

func TestJoinedIsWhetherTheBotIsIn(t *testing.T) {
	s := serve(t)
	s.on("conversations.info", say(`{"ok":true,"channel":{"id":"C0BUSERRORS","is_member":true}}`), say(`{"ok":true,"channel":{"id":"C0BUSERRORS"}}`))
	for _, want := range []bool{true, false} {
		if in, err := s.channel().Joined(t.Context(), "#bus-errors"); err != nil || in != want {
			t.Errorf("Joined = %v, %v, want %v", in, err, want)
		}
	}
	s.on("conversations.list", say(`{"ok":false,"error":"missing_scope"}`))
	if _, err := s.channel().Joined(t.Context(), "#bus-errors"); !errors.Is(err, ErrUnlisted) {
		t.Errorf("error %v, want ErrUnlisted", err)
	}
}
