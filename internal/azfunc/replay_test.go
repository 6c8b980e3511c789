package azfunc

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serve opens the door on a socket of its own until the test ends.
func serve(t testing.TB, d *Door) net.Addr {
	t.Helper()
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr()
}

func dial(t testing.TB, addr net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A reply is what came back over a socket.
type reply struct {
	status int
	typ    string
	body   string
}

var done = reply{http.StatusOK, "application/json", "{}"}

func read(t testing.TB, r *bufio.Reader) reply {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(r, nil)
	}
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header.Get("Content-Type"), string(body)}
}

// send writes a request, byte for byte, and returns the answer.
func send(t testing.TB, addr net.Addr, request string) reply {
	t.Helper()
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return read(t, bufio.NewReader(conn))
}

func clock(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRecordedTimers(t *testing.T) {
	runs := 0
	addr := serve(t, &Door{Routes: map[string]Route{
		"/ErrorQueueTimer": {Function: OnTimer(func(context.Context) error { runs++; return nil })},
	}})
	sent := 0
	for path, recording := range recordings(t) {
		if !strings.HasPrefix(path, "timer/") {
			continue
		}
		sent++
		if a := send(t, addr, string(recording)); a != done {
			t.Errorf("%s: answer %+v, want %+v", path, a, done)
		}
	}
	if sent < 8 || runs != sent {
		t.Errorf("%d runs for %d recordings", runs, sent)
	}
}

const fullBody = `{"orderId":"A-17","qty":2,"price":1.50,"urgent":true,"note":null,"tags":["x"],"meta":{"k":"v"},"when":"2026-11-02T08:00:01Z","text":"café 🚌"}`

// fullMessage is the recorded message that has every property.
func fullMessage(enqueued time.Time) Message {
	return Message{
		Body: []byte(fullBody), ID: "m-json-full", CorrelationID: "c-9", Subject: "order.created", ContentType: "application/json",
		ReplyTo: "rt-1", PartitionKey: "pk-1", SequenceNumber: 1, DeliveryCount: 1, EnqueuedAt: enqueued,
		Properties: map[string]any{
			"tenant": "t1", "attempt": int64(3), "ratio": 0.5, "big": int64(9007199254740991), "flag": true,
			"when": "2026-11-02T08:00:01.234Z", "nothing": nil,
			"Diagnostic-Id": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		},
	}
}

func TestRecordedMessages(t *testing.T) {
	at := func(s string) time.Time { return clock(t, "2026-11-24T"+s+"Z") }
	plain := func(body, id, typ string, number int64, enqueued string) Message {
		return Message{
			Body: []byte(body), ID: id, ContentType: typ, SequenceNumber: number, DeliveryCount: 1,
			EnqueuedAt: at(enqueued), Properties: map[string]any{},
		}
	}
	redelivered := fullMessage(at("14:10:56"))
	redelivered.DeliveryCount = 2
	asObject := fullMessage(at("13:52:26.438"))
	asObject.Body = []byte(strings.Replace(fullBody, "1.50", "1.5", 1))
	overwritten := Message{
		Body:        []byte(`{"messageId":"evil","MESSAGEID":"evil2","sys":1,"deliveryCount":99,"enqueuedTimeUtc":"2020-01-01T00:00:00Z","client":{"x":1},"message":"m","label":"L"}`),
		ContentType: "application/json", SequenceNumber: 11, EnqueuedAt: at("13:51:20"), Properties: map[string]any{},
	}
	collide := plain(string(overwritten.Body), "m-collide", "application/json", 9, "13:51:50")
	raw := "\x00\x01\x02\xff\xfe\x80A"
	want := map[string][]Message{
		"dataType-binary/json-full.http":                {fullMessage(at("13:51:50"))},
		"dataType-binary/binary.http":                   {plain(raw, "m-binary", "application/octet-stream", 5, "13:51:50")},
		"dataType-binary/empty.http":                    {plain("", "m-empty", "", 4, "13:51:50")},
		"dataType-binary/body-with-metadata-names.http": {collide},
		"text/json-full.http":                           {fullMessage(at("13:51:20"))},
		"text/traceparent-appinsights.http":             {fullMessage(at("14:07:07"))},
		"text/redelivered.http":                         {redelivered},
		"text/text.http":                                {plain("hello wörld", "m-text", "text/plain", 6, "13:51:20")},
		"text/empty.http":                               {plain("", "m-empty", "", 8, "13:51:20")},
		"text/bom.http":                                 {plain("\ufeff{\"a\":1}", "m-bom", "", 7, "13:51:20")},
		"text/binary.http":                              {plain("\x00\x01\x02\ufffd\ufffd\ufffdA", "m-binary", "application/octet-stream", 9, "13:51:20")},
		"text/json-array.http":                          {plain(`[{"id":1},{"id":2}]`, "m-json-array", "application/json", 3, "13:51:20")},
		"text/value-string.http":                        {plain(`{"v":1}`, "m-value-string", "", 10, "13:51:20")},
		"text/metadata-overwritten-by-body.http":        {overwritten},
		"many/dataType-binary.http": {
			fullMessage(at("13:52:38.972")),
			plain("hello wörld", "m-text", "text/plain", 2, "13:52:38.973"),
			plain(raw, "m-binary", "application/octet-stream", 3, "13:52:38.973"),
		},
		"many/dataType-string.http": {
			fullMessage(at("13:52:32.706")),
			plain(`{"orderId":"A-18"}`, "", "", 2, "13:52:32.707"),
		},
		"many/no-dataType.http": {asObject, plain(`{"orderId":"A-18"}`, "", "", 2, "13:52:26.439")},
	}
	var got []Message
	keep := func(_ context.Context, m Message) error { got = append(got, m); return nil }
	addr := serve(t, &Door{Routes: map[string]Route{"/FeatureEventTrigger": {Function: OnMessage(keep)}}})
	for path, recording := range recordings(t) {
		name, ok := strings.CutPrefix(path, "servicebus/")
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got = nil
			if a := send(t, addr, string(recording)); a != done {
				t.Fatalf("answer %+v, want %+v", a, done)
			}
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("messages (-want +got)\n%s", diff)
			}
			delete(want, name)
		})
	}
	if len(want) > 0 {
		t.Errorf("not recorded: %v", want)
	}
}

func TestRecordedHTTP(t *testing.T) {
	var got *http.Request
	var body []byte
	addr := serve(t, &Door{Routes: map[string]Route{
		"/api/slack/actions": {Function: OnHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, "noted")
		}))},
	}})
	all := recordings(t)
	if a := send(t, addr, string(all["http/forwarding/form.http"])); a != (reply{http.StatusAccepted, "text/plain", "noted"}) {
		t.Errorf("answer %+v", a)
	}
	if want := "payload=%7B%22type%22%3A%22block_actions%22%2C%22text%22%3A%22caf%C3%A9+%2B1+%E2%9C%93%22%7D"; string(body) != want {
		t.Errorf("body %q, want %q", body, want)
	}
	if got.Header.Get("X-Slack-Signature") != "v0=0123abcd" || got.URL.RawQuery != "x=1,2&y=a%20b" {
		t.Errorf("header %v, query %q", got.Header, got.URL.RawQuery)
	}
	if a := send(t, addr, string(all["start/probe.http"])); a != done {
		t.Errorf("probe: answer %+v", a)
	}
	for path, recording := range all {
		if strings.HasPrefix(path, "http/envelope/") {
			if a := send(t, addr, string(recording)); a.status != http.StatusNotFound || a.typ != "application/json" {
				t.Errorf("%s: answer %+v, want 404 as JSON", path, a)
			}
		}
	}
}
