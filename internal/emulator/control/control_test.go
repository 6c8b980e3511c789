package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

// call answers one call of method and returns the status.
func call(k *control.Knobs, method string) int {
	w := httptest.NewRecorder()
	k.Serve(w, httptest.NewRequest(http.MethodPost, "/", nil), method, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}, func(w http.ResponseWriter, f control.Fault) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, f.Error)
	})
	return w.Code
}

func TestFaultsAreUsedUpInOrder(t *testing.T) {
	var k control.Knobs
	k.Fail(control.Fault{Method: "post", Kind: control.ServerError, Skip: 1, Times: 2})
	k.Fail(control.Fault{Kind: control.RateLimit, Times: 1})
	var got []int
	for _, method := range []string{"post", "post", "read", "post", "post"} {
		got = append(got, call(&k, method))
	}
	// The first post is skipped by its own fault and meets the one for all.
	if want := []int{429, 500, 204, 500, 204}; !slices.Equal(got, want) {
		t.Errorf("answers = %v, want %v", got, want)
	}
}

func TestFaultWithoutTimesLastsUntilHealed(t *testing.T) {
	var k control.Knobs
	k.Fail(control.Fault{Kind: control.Refuse})
	for range 3 {
		if code := call(&k, "post"); code != http.StatusTeapot {
			t.Errorf("status %d, want the refusal", code)
		}
	}
	k.Heal()
	if code := call(&k, "post"); code != http.StatusNoContent {
		t.Errorf("status %d after Heal", code)
	}
}

func TestFaultsSurviveJSON(t *testing.T) {
	f := control.Fault{
		Method: "chat.update", Kind: control.DelayAfterAccept, Skip: 1, Times: 2,
		RetryAfter: time.Second, Delay: 1500 * time.Millisecond, Error: "e", Status: 403,
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var got control.Fault
	if err := json.Unmarshal(b, &got); err != nil || got != f {
		t.Errorf("%s = %+v, %v; want %+v", b, got, err, f)
	}
}
