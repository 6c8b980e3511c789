package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/app"
)

// A handler is one that runs in this process, behind its real socket.
type handler struct {
	t      *testing.T
	url    string
	config string // the path of its busbell.yaml
	end    func() error
}

// start runs a handler with a busbell.yaml and changed settings.
func (w *world) start(config string, changes ...string) *handler {
	w.t.Helper()
	h := &handler{t: w.t, config: filepath.Join(w.t.TempDir(), "busbell.yaml")}
	if config != "" {
		write(w.t, h.config, config)
	}
	port := freePort(w.t)
	h.url = "http://127.0.0.1:" + port
	environment := w.settings(append([]string{"BUSBELL_CONFIG=" + h.config, "FUNCTIONS_CUSTOMHANDLER_PORT=" + port}, changes...)...)
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 1)
	starts := strings.Count(w.log.String(), "msg=starting")
	go func() { ended <- app.Serve(ctx, app.Process{Getenv: getenv(environment), Out: w.log}) }()
	h.end = func() error {
		stop()
		err := <-ended
		ended <- err
		return err
	}
	w.t.Cleanup(func() {
		if err := h.end(); err != nil {
			w.t.Errorf("serve: %v", err)
		}
		w.checkLines()
	})
	w.log.until(w.t, "msg=starting", starts+1) // it listens by then
	return h
}

// A reply is what the host would judge.
type reply struct {
	status int
	body   string
}

func (h *handler) call(method, path string, body io.Reader) reply {
	h.t.Helper()
	r, err := http.NewRequestWithContext(bounded(h.t), method, h.url+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return reply{resp.StatusCode, string(text)}
}

// tick is one run of the timer, as the real host posts it.
func (h *handler) tick() reply {
	h.t.Helper()
	return h.call(http.MethodPost, "/ErrorQueueTimer", strings.NewReader(timerEnvelope))
}

// pass is a run of the timer that succeeds.
func (h *handler) pass() {
	h.t.Helper()
	if got := h.tick(); got.status != http.StatusOK {
		h.t.Fatalf("the timer answered %d %s", got.status, got.body)
	}
}

// timerEnvelope is the body that was recorded from a real host.
const timerEnvelope = `{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-11-24T13:56:10.4219271+00:00",` +
	`"Next":"2026-11-24T13:57:00+00:00","LastUpdated":"2026-11-24T13:56:10.4219271+00:00"},"IsPastDue":false}},` +
	`"Metadata":{"sys":{"MethodName":"ErrorQueueTimer","UtcNow":"2026-11-24T13:57:00.0029794Z","RandGuid":"7cfaa21d-bb50-45fc-9ef3-3b2b305efe7e"}}}`

// An event is a business event, published with Rebus.
type event struct {
	id, name, body string
}

func (e event) properties() map[string]any {
	return map[string]any{
		"rbs2-msg-id": e.id, "rbs2-msg-type": e.name + ", Shop.Contracts", "rbs2-intent": "pub",
		"rbs2-content-type": "application/json;charset=utf-8",
	}
}

// deliver posts an event as the host posts what it received.
func (h *handler) deliver(e event, delivery string) reply {
	h.t.Helper()
	return h.call(http.MethodPost, "/FeatureEventTrigger", strings.NewReader(e.envelope(delivery)))
}

// envelope is what the host posts of an event.
func (e event) envelope(delivery string) string {
	envelope, err := json.Marshal(map[string]any{
		"Data": map[string]any{"message": base64.StdEncoding.EncodeToString([]byte(e.body))},
		"Metadata": map[string]any{
			"DeliveryCount": delivery, "MessageId": strconv.Quote(e.id), "SequenceNumber": "7",
			"EnqueuedTimeUtc": "2026-11-24T13:51:50", "ApplicationProperties": e.properties(), "UserProperties": e.properties(),
		},
	})
	if err != nil { // maps of texts always encode
		panic(err)
	}
	return string(envelope)
}

// wantError checks an answer of 500 and returns the line that it says.
func wantError(t *testing.T, got reply, parts ...string) string {
	t.Helper()
	var said struct{ Error string }
	if err := json.Unmarshal([]byte(got.body), &said); err != nil || got.status != http.StatusInternalServerError {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	for _, part := range parts {
		if !strings.Contains(said.Error, part) {
			t.Errorf("%q does not say %q", said.Error, part)
		}
	}
	if strings.Contains(said.Error, "\n") {
		t.Errorf("more than one line: %q", said.Error)
	}
	return said.Error
}
