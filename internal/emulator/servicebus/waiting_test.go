package servicebus

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// lines is what a log wrote.
type lines chan string

func (l lines) Write(line []byte) (int, error) { l <- string(line); return len(line), nil }

func TestWhatWaitsForTheClientIsLoggedOnce(t *testing.T) {
	ask := func(r *raw) {
		r.attachReceiver("q/$management")
		r.send(amqp.Attach{Name: "ask", Handle: 1, Target: target("q/$management"), InitialDeliveryCount: new(uint32(0))})
		r.manage(0, "peek-message", amqp.Map{{Key: "from-sequence-number", Value: int64(0)}, {Key: "message-count", Value: int32(5)}})
	}
	for name, tt := range map[string]struct {
		window uint32
		act    func(*raw)
		want   string // in the line; "" is none
	}{
		"a receiver whose session is closed": {0, func(r *raw) { r.attachReceiver("q"); r.grant(0, 0, 0, 10, false) }, `needs="session window"`},
		"a message longer than the window":   {1, func(r *raw) { r.attachReceiver("q"); r.grant(0, 1, 0, 10, false) }, `needs="session window"`},
		"an answer nobody gave credit for":   {100, ask, `needs="credit of link in"`},
		"a receiver without credit":          {0, func(r *raw) { r.attachReceiver("q") }, ""},
		"a receiver of an empty queue":       {100, func(r *raw) { r.attachReceiver("empty"); r.grant(0, 100, 0, 10, false) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := make(lines, 10)
				cfg := queues("q", "empty")
				cfg.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				s, err := newServer(cfg.withDefaults())
				if err != nil {
					t.Fatal(err)
				}
				store(t, s, "q", 1, string(make([]byte, 10_000))) // three frames of 4096 each
				ours, theirs := net.Pipe()
				var running sync.WaitGroup
				running.Go(newConnection(s, theirs, bufio.NewReader(theirs)).serve)
				running.Go(func() { _, _ = io.Copy(io.Discard, ours) })
				r := &raw{t: t, conn: ours}
				r.write(hello())
				r.send(amqp.Begin{IncomingWindow: tt.window, OutgoingWindow: 100, HandleMax: 10})
				tt.act(r)

				time.Sleep(4 * time.Second)
				synctest.Wait()
				if len(log) != 0 {
					t.Errorf("logged after 4 s: %s", <-log)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if len(log) != min(1, len(tt.want)) {
					t.Errorf("%d lines", len(log))
				}
				if len(log) > 0 {
					if got := <-log; !strings.Contains(got, tt.want) {
						t.Errorf("logged %s, want %s", got, tt.want)
					}
				}
				_ = ours.Close()
				running.Wait()
			})
		})
	}
}
