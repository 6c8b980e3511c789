package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestBrokenRequestsDisturbNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	const timer, events = "/ErrorQueueTimer", "/FeatureEventTrigger"
	for _, tt := range []struct {
		name, method, path string
		body               io.Reader
		want               int
	}{
		{"garbage for the timer", "POST", timer, strings.NewReader("\x00\xff{{{ not json"), 500},
		{"garbage for events", "POST", events, bytes.NewReader(bytes.Repeat([]byte{0x80}, 1<<16)), 500},
		{"nothing", "POST", events, http.NoBody, 500},
		{"half an envelope", "POST", timer, strings.NewReader(timerEnvelope[:len(timerEnvelope)/2]), 500},
		{"no data", "POST", events, strings.NewReader(`{"Data":{},"Metadata":{}}`), 500},
		{"data that is no base64", "POST", events, strings.NewReader(`{"Data":{"message":"%%%"},"Metadata":{}}`), 200},
		{"100 MB for the timer", "POST", timer, io.LimitReader(zeros{}, 100<<20), 413},
		{"100 MB for events", "POST", events, io.LimitReader(zeros{}, 100<<20), 413},
		{"a function that is not there", "POST", "/RecoveryTrigger", strings.NewReader("{}"), 404},
		{"another case", "POST", "/errorqueuetimer", strings.NewReader(timerEnvelope), 404},
		{"a slash too many", "POST", "/" + timer, strings.NewReader(timerEnvelope), 404},
		{"a slash at the end", "POST", timer + "/", strings.NewReader(timerEnvelope), 404},
		{"GET", "GET", timer, nil, 404},
		{"PUT", "PUT", events, strings.NewReader("{}"), 404},
		{"POST to the probe", "POST", "/", strings.NewReader("{}"), 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.status(tt.method, tt.path, tt.body); got != tt.want {
				t.Errorf("answered %d, want %d", got, tt.want)
			}
		})
	}
	w.fail("error", order, 1)
	h.pass()
	w.only("bus-errors")
	if n := len(w.roots("milestones")); n != 0 {
		t.Errorf("%d milestones out of garbage", n)
	}
}

// status is the answer to a call. A long body is declared as such, so that
// it is refused before it is sent.
func (h *handler) status(method, path string, body io.Reader) int {
	h.t.Helper()
	r, err := http.NewRequestWithContext(bounded(h.t), method, h.url+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if long, ok := body.(*io.LimitedReader); ok {
		r.ContentLength = long.N
		r.Header.Set("Expect", "100-continue")
	}
	transport := &http.Transport{ExpectContinueTimeout: patience}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
