package opsgenie_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	emulator "github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/opsgenie"
)

const key = "00000000-demo-key-0000"

func TestStatusSaysWhatPeopleDid(t *testing.T) {
	s := emulator.New(emulator.Config{Key: key})
	at := httptest.NewServer(s)
	defer at.Close()
	c := opsgenie.New(opsgenie.Config{Key: key, BaseURL: at.URL}, nil)
	want := func(want opsgenie.Status) {
		t.Helper()
		if got, err := c.Status(t.Context(), "busbell-f00"); err != nil || got != want {
			t.Errorf("Status = %+v, %v, want %+v", got, err, want)
		}
	}
	want(opsgenie.Status{})
	page := notify.Notice{Act: notify.Post, Alias: "busbell-f00", Headline: notify.Text{notify.Ours("3 failed")}}
	if _, err := c.Send(t.Context(), page, notify.Receipt{}); err != nil {
		t.Fatal(err)
	}
	want(opsgenie.Status{Known: true})
	act := func(action, user string) {
		t.Helper()
		if err := s.Do(s.Snapshot().Alerts[0].ID, action, user); err != nil {
			t.Fatal(err)
		}
	}
	act("acknowledge", "ann")
	want(opsgenie.Status{Known: true, Acknowledged: true, By: "ann"})
	act("close", "ben")
	want(opsgenie.Status{Known: true, Closed: true, Acknowledged: true, By: "ann"})
}

func TestWhereAlertsCannotBeReadNobodyKeepsAsking(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed} {
		asked := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			http.Error(w, `{"message":"no such path"}`, status)
		}))
		c := opsgenie.New(opsgenie.Config{Key: key, BaseURL: s.URL + "/jsm/ops/integration"}, nil)
		for range 3 {
			if got, err := c.Status(t.Context(), "busbell-f00"); err != nil || got != (opsgenie.Status{}) {
				t.Errorf("%d: %+v, %v", status, got, err)
			}
		}
		s.Close()
		if asked != 1 {
			t.Errorf("%d: asked %d times, want 1", status, asked)
		}
	}
}

// An answer is a service without a network.
type answers func() *http.Response

func (a answers) RoundTrip(*http.Request) (*http.Response, error) { return a(), nil }

// One 401, while a key was being changed, must not end reading for good.
func TestReadingIsTriedAgainEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, status := 0, http.StatusUnauthorized
		c := opsgenie.New(opsgenie.Config{Key: key}, answers(func() *http.Response {
			asked++
			body := `{"data":{"alias":"busbell-f00","status":"open","acknowledged":true,"report":{"acknowledgedBy":"ann"}}}`
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
		}))
		for range 2 * 60 {
			_, _ = c.Status(t.Context(), "busbell-f00")
			time.Sleep(time.Minute)
		}
		if asked != 2 {
			t.Errorf("asked %d times in two hours, want 2", asked)
		}
		status = http.StatusOK
		if got, err := c.Status(t.Context(), "busbell-f00"); err != nil || got.By != "ann" {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
	})
}

func TestTroubleWithReadingIsAnError(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"broken":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"limited":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"a page":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"another one": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":{"alias":"x"}}`)) },
		"dropped":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s := httptest.NewServer(answer)
		c := opsgenie.New(opsgenie.Config{Key: key, BaseURL: s.URL}, nil)
		for range 2 {
			if got, err := c.Status(t.Context(), "busbell-f00"); err == nil || got.Known {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		s.Close()
	}
	c := opsgenie.New(opsgenie.Config{Key: key}, nil)
	if _, err := c.Status(t.Context(), "a/b"); !errors.Is(err, notify.ErrRejected) {
		t.Errorf("an alias that breaks the path: %v", err)
	}
}
