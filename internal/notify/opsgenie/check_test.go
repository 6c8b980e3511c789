package opsgenie

import (
	"errors"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/setting"
)

func TestCheckTriesTheKeyAndLeavesNothing(t *testing.T) {
	s := serve(t, say(202, `{"result":"Request will be processed","requestId":"1"}`))
	if err := s.channel("").Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := s.got(); len(got) != 1 || !strings.HasSuffix(got[0].path, "/alerts/"+CheckAlias+"/close") {
		t.Errorf("asked %+v", got)
	}
	gone := serve(t, say(404, `{"message":"Alert does not exist"}`))
	if err := gone.channel("").Check(t.Context()); err != nil {
		t.Errorf("no such alert: %v", err)
	}
	refused := serve(t, say(403, `{"message":"You are not authorized, `+key+`"}`))
	err := refused.channel("").Check(t.Context())
	known, ok := errors.AsType[*setting.Cured](err)
	if !ok || !strings.Contains(known.Cure, "OPSGENIE_API_KEY") || strings.Contains(err.Error(), key) {
		t.Errorf("error: %v", err)
	}
}
