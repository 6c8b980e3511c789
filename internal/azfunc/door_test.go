package azfunc

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// post makes the request of an invocation, with its length declared.
func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Azure-Functions-InvocationId: inv-1\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

const (
	timerBody   = `{"Data":{"timer":{"IsPastDue":false}},"Metadata":{}}`
	messageBody = `{"Data":{"message":"aGVsbG8="},"Metadata":{"MessageId":"\"m-1\""}}`
)

// A logBook collects what is logged; it may be written from many goroutines.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// lines returns what was logged so far, decoded.
func (l *logBook) lines(t *testing.T) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []map[string]any
	for line := range bytes.Lines(l.buf.Bytes()) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

func TestAnswers(t *testing.T) {
	nothing := func(context.Context) error { return nil }
	failing := func(context.Context, Message) error { return errors.New(`cannot "read" <orders>`) }
	addr := serve(t, &Door{Routes: map[string]Route{
		"/ErrorQueueTimer":     {Function: OnTimer(nothing)},
		"/FeatureEventTrigger": {Function: OnMessage(failing)},
		"/Long":                {Function: OnTimer(func(context.Context) error { return errors.New(strings.Repeat("é", 5000)) })},
		"/Panics":              {Function: OnMessage(func(context.Context, Message) error { panic("oh") })},
		"/PanicsOnTime":        {Function: OnTimer(func(context.Context) error { panic(errors.New("ah")) })},
		"/api/check":           {Function: OnHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("eh") }))},
	}})
	get := func(method, path string) string { return method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" }
	failed := func(status int, text string) reply {
		return reply{status, "application/json", `{"error":"` + text + `"}`}
	}
	unknown := failed(404, "no such function")
	for _, tt := range []struct {
		name, request string
		want          reply
	}{
		{"probe", get("GET", "/"), done},
		{"success", post("/ErrorQueueTimer", timerBody), done},
		{"chunked", "POST /ErrorQueueTimer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + timerBody[:5] + "\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(timerBody)-5, timerBody[5:]), done},
		{"waits for 100-continue", strings.Replace(post("/ErrorQueueTimer", timerBody), "\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1), done},
		{"query", post("/ErrorQueueTimer?x=1", timerBody), done},
		{"error", post("/FeatureEventTrigger", messageBody), failed(500, `cannot \"read\" \u003corders\u003e`)},
		{"panic", post("/Panics", messageBody), failed(500, "panic: oh")},
		{"panic of a timer", post("/PanicsOnTime", timerBody), failed(500, "panic: ah")},
		{"panic before an HTTP answer, told to nobody outside", post("/api/check", ""), failed(500, "internal error")},
		{"garbage", post("/ErrorQueueTimer", "\x00garbage"), failed(500, `malformed request: decode the envelope: invalid character '\\x00' looking for beginning of value`)},
		{"no body", post("/ErrorQueueTimer", ""), failed(500, "malformed request: decode the envelope: unexpected end of JSON input")},
		{"truncated JSON", post("/ErrorQueueTimer", timerBody[:20]), failed(500, "malformed request: decode the envelope: unexpected end of JSON input")},
		{"unknown path", post("/Nowhere", timerBody), unknown},
		{"another case", post("/errorqueuetimer", timerBody), unknown},
		{"trailing slash", post("/ErrorQueueTimer/", timerBody), unknown},
		{"two slashes", post("//ErrorQueueTimer", timerBody), unknown},
		{"two slashes alone", get("GET", "//"), unknown},
		{"dots", post("/x/../ErrorQueueTimer", timerBody), unknown},
		{"escaped", post("/%45rrorQueueTimer", timerBody), unknown},
		{"below api", post("/api/ErrorQueueTimer", timerBody), unknown},
		{"GET on a function", get("GET", "/ErrorQueueTimer"), unknown},
		{"PUT on a function", get("PUT", "/ErrorQueueTimer"), unknown},
		{"POST on the probe", post("/", timerBody), unknown},
		{"OPTIONS *", get("OPTIONS", "*"), unknown},
		{"CONNECT", "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", unknown},
		{"declared too long", "POST /ErrorQueueTimer HTTP/1.1\r\nHost: x\r\nContent-Length: 8388609\r\n\r\n", failed(413, "body over 8 MiB")},
		{"declared too long for HTTP", "POST /api/check HTTP/1.1\r\nHost: x\r\nContent-Length: 8388609\r\n\r\n", failed(413, "body over 8 MiB")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := send(t, addr, tt.request); got != tt.want {
				t.Errorf("answer %+v\nwant   %+v", got, tt.want)
			}
		})
	}
	t.Run("long errors are cut", func(t *testing.T) {
		got := send(t, addr, post("/Long", timerBody))
		if got.status != 500 || len(got.body) > 2200 || !json.Valid([]byte(got.body)) || !strings.HasSuffix(got.body, `é…"}`) {
			t.Errorf("answer %d with %d bytes, ending in %q", got.status, len(got.body), got.body[len(got.body)-20:])
		}
	})
	t.Run("HEAD on the probe", func(t *testing.T) {
		resp, err := http.Head("http://" + addr.String() + "/")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
}

// TestHugeBodyIsRefusedUnread streams 100 MB: the answer has to come long
// before the end.
func TestHugeBodyIsRefusedUnread(t *testing.T) {
	const huge = 100 << 20
	addr := serve(t, &Door{Routes: map[string]Route{
		"/ErrorQueueTimer": {Function: OnTimer(func(context.Context) error { t.Error("ran"); return nil })},
	}})
	conn := dial(t, addr)
	var sent atomic.Int64
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		chunk := strings.Repeat(" ", 1<<20)
		if _, err := io.WriteString(conn, "POST /ErrorQueueTimer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
			return
		}
		for sent.Load() < huge {
			if _, err := fmt.Fprintf(conn, "%x\r\n%s\r\n", len(chunk), chunk); err != nil {
				return
			}
			sent.Add(int64(len(chunk)))
		}
	}()
	if got := read(t, bufio.NewReader(conn)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("answer %+v, want 413", got)
	}
	_ = conn.Close()
	<-stopped
	if sent.Load() >= huge {
		t.Error("all of it was read")
	}
	if got := send(t, addr, post("/ErrorQueueTimer", "{")); got.status != 500 {
		t.Errorf("the next request: %+v", got)
	}
}

func TestLongestBody(t *testing.T) {
	addr := serve(t, &Door{Routes: map[string]Route{
		"/F": {Function: OnMessage(func(_ context.Context, m Message) error {
			return fmt.Errorf("%d bytes", len(m.Body))
		})},
	}})
	head, tail := `{"Data":{"m":"`, `"}}`
	body := head + strings.Repeat("A", (MaxBody-len(head)-len(tail))/4*4) + tail
	body += strings.Repeat(" ", MaxBody-len(body))
	if got := send(t, addr, post("/F", body)); got.status != 500 || !strings.Contains(got.body, "6291") {
		t.Errorf("8 MiB: answer %+v", got)
	}
}

// TestBrokenRequestsDisturbNobody cuts requests short while others are
// answered.
func TestBrokenRequestsDisturbNobody(t *testing.T) {
	addr := serve(t, &Door{Routes: map[string]Route{"/F": {Function: OnMessage(func(context.Context, Message) error { return nil })}}})
	broken := []string{
		"", "\x16\x03\x01\x02\x00", "POST /F HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"POST /F HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"Data\"", post("/F", messageBody)[:120],
		"POST /F HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "GET", strings.Repeat("a", 5000),
	}
	var wg sync.WaitGroup
	for _, request := range broken {
		wg.Go(func() {
			for range 5 {
				conn, err := net.Dial("tcp", addr.String())
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, request)
				_ = conn.Close()
			}
		})
	}
	for range 20 {
		wg.Go(func() {
			resp, err := http.Post("http://"+addr.String()+"/F", "application/json", strings.NewReader(messageBody))
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
}

// TestCallsRunSideBySide lets each of many calls wait until all are there.
func TestCallsRunSideBySide(t *testing.T) {
	const calls = 50
	var together sync.WaitGroup
	together.Add(calls)
	addr := serve(t, &Door{Routes: map[string]Route{
		"/F": {Function: OnMessage(func(context.Context, Message) error { together.Done(); together.Wait(); return nil })},
	}})
	var wg sync.WaitGroup
	for range calls {
		conn := dial(t, addr)
		wg.Go(func() {
			if _, err := io.WriteString(conn, post("/F", messageBody)); err != nil {
				t.Error(err)
				return
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
}

func TestDeadlineEndsAnInvocation(t *testing.T) {
	wait := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	const soon = time.Millisecond
	addr := serve(t, &Door{Routes: map[string]Route{
		"/T": {Deadline: soon, Function: OnTimer(func(ctx context.Context) error { return wait(ctx) })},
		"/M": {Deadline: soon, Function: OnMessage(func(ctx context.Context, _ Message) error { return wait(ctx) })},
		"/H": {Deadline: soon, Function: OnHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, wait(r.Context()).Error(), http.StatusServiceUnavailable)
		}))},
	}})
	late := reply{500, "application/json", `{"error":"context deadline exceeded"}`}
	if got := send(t, addr, post("/T", timerBody)); got != late {
		t.Errorf("timer: answer %+v, want %+v", got, late)
	}
	if got := send(t, addr, post("/M", messageBody)); got != late {
		t.Errorf("message: answer %+v, want %+v", got, late)
	}
	if got := send(t, addr, post("/H", "")); got.status != 503 {
		t.Errorf("HTTP: answer %+v, want 503", got)
	}
}

func TestHostThatHangsUpDoesNotStopWork(t *testing.T) {
	begun, gone, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	addr := serve(t, &Door{Routes: map[string]Route{
		"/F": {Function: OnMessage(func(ctx context.Context, _ Message) error {
			close(begun)
			<-gone
			result <- ctx.Err()
			return nil
		})},
	}})
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, post("/F", messageBody)); err != nil {
		t.Fatal(err)
	}
	<-begun
	_ = conn.Close()
	// The probe comes after the end of the connection, on a socket of its own.
	if got := send(t, addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); got != done {
		t.Errorf("probe: %+v", got)
	}
	close(gone)
	if err := <-result; err != nil {
		t.Errorf("context of the invocation: %v", err)
	}
}

func TestAllMessagesOfABatchAreTried(t *testing.T) {
	var got []string
	addr := serve(t, &Door{Routes: map[string]Route{
		"/F": {Function: OnMessage(func(_ context.Context, m Message) error {
			got = append(got, m.ID)
			switch m.ID {
			case "1":
				return errors.New("first is bad")
			case "2":
				panic("second is worse")
			}
			return nil
		})},
	}})
	body := `{"Data":{"messages":"[\"YQ==\",\"YQ==\",\"YQ==\"]"},"Metadata":{"MessageIdArray":"[\"1\",\"2\",\"3\"]"}}`
	want := reply{500, "application/json", `{"error":"first is bad\npanic: second is worse"}`}
	if a := send(t, addr, post("/F", body)); a != want {
		t.Errorf("answer %+v, want %+v", a, want)
	}
	if fmt.Sprint(got) != "[1 2 3]" {
		t.Errorf("ran %v", got)
	}
}

func TestFailureIsLoggedOnce(t *testing.T) {
	var book logBook
	log := NewLogger(&book, true)
	addr := serve(t, &Door{Log: log, Routes: map[string]Route{
		"/F": {Function: OnMessage(func(ctx context.Context, m Message) error {
			if m.ID == "m-1" {
				return errors.New("no ledger")
			}
			log.InfoContext(ctx, "looking")
			panic("oh")
		})},
	}})
	send(t, addr, post("/F", messageBody))
	traced := strings.Replace(post("/F", `{"Data":{"m":""}}`), "Host:", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-06bd495da42e5ae9-01\r\nHost:", 1)
	send(t, addr, traced)
	lines := book.lines(t)
	if len(lines) != 3 {
		t.Fatalf("logged %v, want 3 lines", lines)
	}
	for i, want := range []struct{ msg, err, trace string }{
		{"invocation failed", "no ledger", ""},
		{"looking", "", "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"invocation failed", "panic: oh", "4bf92f3577b34da6a3ce929d0e0e4736"},
	} {
		got := lines[i]
		text := func(key string) string { s, _ := got[key].(string); return s }
		if text("msg") != want.msg || text("err") != want.err || text("trace") != want.trace || text("invocation") != "inv-1" || text("function") != "F" {
			t.Errorf("line %d is %v, want %+v", i, got, want)
		}
		if hasStack := strings.Contains(text("stack"), "azfunc"); hasStack != (want.err == "panic: oh") {
			t.Errorf("line %d has stack %q", i, text("stack"))
		}
	}
}

func TestHalfAnHTTPAnswerIsCutOff(t *testing.T) {
	var book logBook
	addr := serve(t, &Door{Log: NewLogger(&book, true), Routes: map[string]Route{
		"/api/check": {Function: OnHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("oh")
		}))},
	}})
	resp, err := http.Post("http://"+addr.String()+"/api/check", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err == nil {
		t.Error("the answer looks complete")
	}
	if lines := book.lines(t); len(lines) != 1 {
		t.Errorf("logged %v, want one line", lines)
	}
}

func TestTraceID(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for header, want := range map[string]string{
		"00-" + id + "-00f067aa0ba902b7-01":      id,
		"cc-" + id + "-00f067aa0ba902b7-01-more": id,
		"":                                       "",
		"00-" + id:                               "",
		"00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01":    "",
		"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-0": "",
		"00-" + id[1:] + "-00f067aa0ba902b7-01":                 "",
	} {
		if got := traceID(header); got != want {
			t.Errorf("traceID(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestTextLogOutsideAzure(t *testing.T) {
	var book logBook
	NewLogger(&book, false).With("a", 1).WithGroup("g").InfoContext(t.Context(), "hello", slog.Int("b", 2))
	if got := book.buf.String(); !strings.Contains(got, `msg=hello a=1 g.b=2`) {
		t.Errorf("logged %q", got)
	}
}
