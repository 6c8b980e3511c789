package app

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/busbell/busbell/internal/setting"
)

func TestAFactSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		err          error
		detail, cure string
	}{
		{errors.New("no luck"), "no luck", ""},
		{errors.New("it answered\n 403; give the role"), "it answered 403", "give the role"},
		{fmt.Errorf("read error: %w", setting.Cure(errors.New("not allowed"), "give the role; wait")), "not allowed", "give the role; wait"},
		{fmt.Errorf("peek: %w", context.DeadlineExceeded), "no answer in time", "try again; if it stays so, see what stands between"},
	} {
		if got := wrong("x", tt.err); got.OK || got.Detail != tt.detail || got.Cure != tt.cure {
			t.Errorf("%v: %+v", tt.err, got)
		}
	}
}

func TestTheIDOfAnotherNamespaceIsWorthALook(t *testing.T) {
	for id, want := range map[string]int{"Shop": 1, "other": 2} {
		c := &checkup{settings: Settings{Bus: Bus{Namespace: "shop.servicebus.windows.net"}, NamespaceID: "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ServiceBus/namespaces/" + id}}
		facts := c.told(t.Context())
		if len(facts) != want || !Well(facts) {
			t.Errorf("%s: %+v", id, facts)
		}
	}
}

// What a panic of a library leaves is a fact, and the program.
func TestAPanicEndsOnlyItsPart(t *testing.T) {
	facts := runPart(t.Context(), func(context.Context) []Fact { panic("odd") })
	if len(facts) != 1 || facts[0].OK {
		t.Errorf("%+v", facts)
	}
}
