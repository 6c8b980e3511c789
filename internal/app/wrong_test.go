package app

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
)

// Redelivery has no back-off: answered at once, a queue would be in its
// dead-letter queue within seconds.
func TestAWrongConfigurationHoldsMessagesAndNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		a := Start(t.Context(), Process{Getenv: func(string) string { return "" }}, log)
		door := azfunc.Door{Routes: a.Routes(), Log: log}
		call := func(path, body string) (string, time.Duration) {
			t.Helper()
			begun := time.Now()
			w := httptest.NewRecorder()
			door.Handler(t.Context()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
			if w.Code != http.StatusInternalServerError {
				t.Errorf("%s: answered %d %s", path, w.Code, w.Body)
			}
			return w.Body.String(), time.Since(begun)
		}
		timer, took := call("/ErrorQueueTimer", `{"Data":{"timer":{}},"Metadata":{}}`)
		if took != 0 || !strings.Contains(timer, "SLACK_BOT_TOKEN: missing") {
			t.Errorf("the timer waited %v for %s", took, timer)
		}
		events, took := call("/FeatureEventTrigger", `{"Data":{"message":"e30="},"Metadata":{}}`)
		if took != 25*time.Second || events != timer {
			t.Errorf("an event was held %v for %s", took, events)
		}
		garbage, _ := call("/ErrorQueueTimer", "{")
		if garbage != timer {
			t.Errorf("garbage is answered with %s", garbage)
		}
	})
}

// At functionTimeout the host kills the process and everything that runs in it.
func TestDeadlinesAreShorterThanTheHosts(t *testing.T) {
	text, err := os.ReadFile("../../host.json")
	if err != nil {
		t.Fatal(err)
	}
	var host struct{ FunctionTimeout string }
	if err := json.Unmarshal(text, &host); err != nil {
		t.Fatal(err)
	}
	limit, err := time.Parse(time.TimeOnly, host.FunctionTimeout)
	if err != nil {
		t.Fatal(err)
	}
	for path, route := range new(App).Routes() {
		if d := route.Deadline; d <= 0 || time.Duration(limit.Hour())*time.Hour+time.Duration(limit.Minute())*time.Minute <= d {
			t.Errorf("%s may take %v, the host waits %s", path, d, host.FunctionTimeout)
		}
	}
}
