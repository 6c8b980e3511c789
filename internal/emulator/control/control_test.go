package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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
		Method: "chat.update", Entity: "q", Kind: control.DelayAfterAccept, Skip: 1, Times: 2, For: time.Minute,
		RetryAfter: time.Second, Delay: 1500 * time.Millisecond, Error: "e", Status: 403, Count: 3,
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

func TestFaultEndsWhenItsTimeIsOver(t *testing.T) {
	now := time.Now()
	k := control.ForBus(func() time.Time { return now }, nil)
	k.Fail(control.Fault{Kind: control.Drop, For: time.Minute})
	k.Fail(control.Fault{Kind: control.Refuse, Times: 1})
	all := func(control.Fault) bool { return true }
	for range 3 {
		if f, ok := k.Take(all); !ok || f.Kind != control.Drop {
			t.Errorf("met %+v, %v", f, ok)
		}
	}
	now = now.Add(time.Minute)
	if left := k.Faults(); len(left) != 1 || left[0].Kind != control.Refuse {
		t.Errorf("a minute later there are still %+v", left)
	}
	if f, ok := k.Take(all); !ok || f.Kind != control.Refuse {
		t.Errorf("met %+v, %v", f, ok)
	}
}

func TestFaultThatHappensAtOnceCountsOnce(t *testing.T) {
	for times, left := range map[int]int{0: 0, 1: -1, 3: 2} { // -1: none is left
		acted := 0
		k := control.ForBus(time.Now, func(control.Fault) func() { return func() { acted++ } })
		k.Fail(control.Fault{Kind: control.Drop, Times: times})
		if acted != 1 {
			t.Errorf("times %d: it happened %d times at once", times, acted)
		}
		got := -1
		for _, f := range k.Faults() {
			got = f.Times
		}
		if got != left {
			t.Errorf("times %d: %d are left, want %d", times, got, left)
		}
	}
}

// A fault that is not what its sender meant would go wrong elsewhere.
func TestMistakenFaultsAreRefusedInTheirOwnTerms(t *testing.T) {
	for body, want := range map[string]string{
		`{"kind":"drop","metod":"send"}`:       `unknown field "metod"`,
		`{"kind":"drop","times":-1}`:           "times -1, count 0: need 0 or more",
		`{"kind":"drop","times":"one"}`:        "times: need int, not string",
		`{"kind":"delay","delay":5}`:           "delay: need string, not number",
		`{"kind":"drpo"}`:                      `unknown kind "drpo"; there are drop dropAfterAccept`,
		`{"kind":"drop"} {"kind":"drop"}`:      "the body is not one JSON object",
		`[]`:                                   `need an object such as {"kind":"drop","times":1}, not array`,
		`{`:                                    "the body is not one JSON object",
		``:                                     "the body is not one JSON object",
		`{"kind":"drop","for":"soon"}`:         `for: "soon" is not a duration`,
		`{"kind":"drop","for":"1s","skip":-2}`: "skip is -2",
		`{"kind":"drop","method":{"name":"send"}}`: "method: need string, not object",
	} {
		k := control.ForBus(time.Now, nil)
		w := httptest.NewRecorder()
		k.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		if answer := w.Body.String(); w.Code != http.StatusBadRequest || !strings.HasPrefix(answer, "fault: ") || !strings.Contains(answer, want) {
			t.Errorf("%s: status %d, %s; want %s", body, w.Code, answer, want)
		}
		if faults := k.Faults(); len(faults) > 0 {
			t.Errorf("%s: added %+v", body, faults)
		}
	}
}

func TestAServiceRefusesFaultsOfAnother(t *testing.T) {
	post := func(k *control.Knobs, kind control.Kind) int {
		w := httptest.NewRecorder()
		body := strings.NewReader(`{"kind":"` + string(kind) + `"}`)
		k.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", body))
		return w.Code
	}
	for _, tt := range []struct {
		k    *control.Knobs
		kind control.Kind
		want int
	}{
		{new(control.Knobs), control.HTML, http.StatusOK},
		{new(control.Knobs), control.ShortPeek, http.StatusBadRequest},
		{control.ForBus(time.Now, nil), control.ShortPeek, http.StatusOK},
		{control.ForBus(time.Now, nil), control.HTML, http.StatusBadRequest},
		{control.ForBus(time.Now, nil), "", http.StatusBadRequest},
	} {
		if got := post(tt.k, tt.kind); got != tt.want {
			t.Errorf("%q: status %d, want %d", tt.kind, got, tt.want)
		}
	}
}
