package functions

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recorded is a request of the real host, and those of its facts that differ
// from one run to the next.
type recorded struct {
	request *http.Request
	body    string

	Data struct {
		Timer struct {
			ScheduleStatus *struct{ Last, Next, LastUpdated time.Time }
			IsPastDue      bool
		}
	}
	Metadata struct {
		Sys struct {
			MethodName, RandGUID string
			UtcNow               time.Time
		}
		Client                    struct{ FullyQualifiedNamespace, Identifier string }
		LockToken, SequenceNumber string
		ExpiresAt, EnqueuedTime   time.Time
		DeliveryCount             string
	}
}

func readRecorded(t *testing.T, name string) recorded {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{}
	if r.request, err = http.ReadRequest(bufio.NewReader(bytes.NewReader(raw))); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.request.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.body = string(body)
	_ = json.Unmarshal(body, &r) // what a body overwrote does not fit, and is not used
	return r
}

func (r recorded) stamp() stamp {
	return stamp{strings.Trim(r.request.URL.Path, "/"), r.Metadata.Sys.UtcNow, r.Metadata.Sys.RandGUID}
}

func TestTimerEnvelopesAreThoseOfTheRealHost(t *testing.T) {
	for _, name := range []string{
		"first", "regular", "manual-during-run", "after-overrun", "past-due",
		"content-length-coretools", "traceparent-appinsights",
	} {
		t.Run(name, func(t *testing.T) {
			r := readRecorded(t, "timer/"+name+".http")
			s := r.Data.Timer.ScheduleStatus
			status := &timerStatus{s.Last, s.Next, s.LastUpdated}
			got := timerEnvelope("timer", true, status, r.Data.Timer.IsPastDue, r.stamp())
			if diff := cmp.Diff(r.body, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFastTimersHaveNoStatus(t *testing.T) {
	r := readRecorded(t, "timer/subminute-with-retry-0.http")
	want, _, _ := strings.Cut(r.body, `,"RetryContext"`)
	if got := string(timerEnvelope("timer", true, nil, false, r.stamp())); got != want+"}}" {
		t.Errorf("got  %s\nwant %s", got, want+"}}")
	}
}

func TestMessageEnvelopesAreThoseOfTheRealHost(t *testing.T) {
	text := func(s string) *string { return &s }
	const (
		fullBody = `{"orderId":"A-17","qty":2,"price":1.50,"urgent":true,"note":null,"tags":["x"],"meta":{"k":"v"},"when":"2026-11-02T08:00:01Z","text":"café 🚌"}`
		nameBody = `{"messageId":"evil","MESSAGEID":"evil2","sys":1,"deliveryCount":99,"enqueuedTimeUtc":"2020-01-01T00:00:00Z","client":{"x":1},"message":"m","label":"L"}`
	)
	full := busMessage{
		body: []byte(fullBody), id: text("m-json-full"), contentType: text("application/json"), sequence: 1,
		replyTo: text("rt-1"), to: text("to-1"), subject: text("order.created"), correlation: text("c-9"),
		replySession: text("rts-1"), partition: text("pk-1"), deliveries: 1,
	}
	for _, p := range []struct {
		name  string
		value any
	}{
		{"tenant", "t1"},
		{"attempt", int32(3)},
		{"ratio", 0.5},
		{"big", int64(9007199254740991)},
		{"flag", true},
		{"when", time.Date(2026, 11, 2, 8, 0, 1, 234e6, time.UTC)},
		{"nothing", nil},
		{"Diagnostic-Id", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
	} {
		full.properties.add(p.name, property(p.value))
	}
	again := full
	again.deliveries = 2
	bytesOf := busMessage{
		body: []byte{0, 1, 2, 0xFF, 0xFE, 0x80, 0x41}, id: text("m-binary"), contentType: text("application/octet-stream"), deliveries: 1,
	}
	names := busMessage{body: []byte(nameBody), id: text("m-collide"), contentType: text("application/json"), deliveries: 1}
	empty := busMessage{id: text("m-empty"), deliveries: 1}
	at := func(m busMessage, sequence int64) busMessage { m.sequence = sequence; return m }
	for _, tt := range []struct {
		file string
		m    busMessage
	}{
		{"dataType-binary/json-full", full},
		{"dataType-binary/binary", at(bytesOf, 5)},
		{"dataType-binary/empty", at(empty, 4)},
		{"dataType-binary/body-with-metadata-names", at(names, 9)},
		{"text/json-full", full},
		{"text/redelivered", again},
		{"text/traceparent-appinsights", full},
		{"text/binary", at(bytesOf, 9)},
		{"text/empty", at(empty, 8)},
		{"text/bom", busMessage{body: []byte("\uFEFF{\"a\":1}"), id: text("m-bom"), sequence: 7, deliveries: 1}},
		{"text/json-array", busMessage{
			body: []byte(`[{"id":1},{"id":2}]`), id: text("m-json-array"), contentType: text("application/json"), sequence: 3, deliveries: 1,
		}},
		{"text/text", busMessage{body: []byte("hello wörld"), id: text("m-text"), contentType: text("text/plain"), sequence: 6, deliveries: 1}},
		{"text/value-string", busMessage{value: text(`{"v":1}`), notBytes: true, id: text("m-value-string"), sequence: 10, deliveries: 1}},
		{"text/metadata-overwritten-by-body", at(names, 11)},
	} {
		t.Run(tt.file, func(t *testing.T) {
			r := readRecorded(t, "servicebus/"+tt.file+".http")
			m := tt.m
			m.lockToken = strings.Trim(r.Metadata.LockToken, `"`)
			m.enqueued = r.Metadata.EnqueuedTime
			if r.Metadata.ExpiresAt.Year() != 9999 {
				m.expires = r.Metadata.ExpiresAt
			}
			_, id, _ := strings.Cut(r.Metadata.Client.Identifier, "-")
			got, err := m.envelope("message", strings.HasPrefix(tt.file, "dataType-binary"), clientJSON("127.0.0.1", id), r.stamp())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.body, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMQPValuesAreNotBoundAsBytes(t *testing.T) {
	s := "text"
	for _, tt := range []struct {
		name   string
		m      busMessage
		binary bool
	}{
		{"text as bytes", busMessage{notBytes: true, value: &s}, true},
		{"number as bytes", busMessage{notBytes: true}, true},
		{"number as text", busMessage{notBytes: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := tt.m.envelope("message", tt.binary, nil, stamp{}); err == nil {
				t.Errorf("envelope = %s, want an error", got)
			}
		})
	}
}
