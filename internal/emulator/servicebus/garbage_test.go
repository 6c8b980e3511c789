package servicebus

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// garbage is what nobody should send.
func garbage() map[string][]byte {
	begin := frame(amqp.FrameAMQP, 0, amqp.Begin{IncomingWindow: 10, OutgoingWindow: 10})
	attach := frame(amqp.FrameAMQP, 0, amqp.Attach{Name: "out", Target: target("q"), InitialDeliveryCount: new(uint32(0))})
	after := func(parts ...[]byte) []byte { return bytes.Join(append([][]byte{hello()}, parts...), nil) }
	size := func(n uint32) []byte { return append(binary.BigEndian.AppendUint32(nil, n), 2, 0, 0, 0, 1, 2, 3) }
	noise := make([]byte, 10_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	transfer := amqp.AppendFrame(nil, amqp.FrameAMQP, 0, amqp.Transfer{DeliveryID: new(uint32(0)), DeliveryTag: []byte{1}}, []byte("no message"))
	return map[string][]byte{
		"nothing":                   {},
		"noise":                     noise,
		"noise after the header":    append([]byte(amqp.HeaderAMQP), noise...),
		"noise after hello":         after(noise),
		"another protocol":          []byte("SSH-2.0-x\r\n"),
		"TLS":                       append([]byte{0x16, 3, 1, 0, 100}, noise[:100]...),
		"HTTP that is not":          []byte("GET \x00\x01\r\n\r\n"),
		"AMQP 0.9":                  []byte("AMQP\x00\x00\x09\x01"),
		"truncated frame":           after(begin[:len(begin)-3]),
		"frame of no bytes":         after(size(0)),
		"frame of seven bytes":      after(size(7)),
		"frame of four gigabytes":   after(size(1<<32 - 1)),
		"body before the frame":     after([]byte{0, 0, 0, 8, 1, 0, 0, 0}),
		"body behind the frame":     after([]byte{0, 0, 0, 8, 9, 0, 0, 0}),
		"session on channel 65535":  after(frame(amqp.FrameAMQP, 65535, amqp.Begin{})),
		"link on no session":        after(frame(amqp.FrameAMQP, 77, amqp.Attach{Name: "x"})),
		"open twice":                after(hello()[len(hello())-40:], frame(amqp.FrameAMQP, 0, amqp.Open{ContainerID: "x"})),
		"begin twice":               after(begin, begin),
		"huge handle":               after(begin, frame(amqp.FrameAMQP, 0, amqp.Attach{Name: "x", Handle: 1 << 31})),
		"transfer on no link":       after(begin, frame(amqp.FrameAMQP, 0, amqp.Transfer{Handle: 9})),
		"message that is none":      after(begin, attach, transfer),
		"flow on no link":           after(begin, frame(amqp.FrameAMQP, 0, amqp.Flow{Handle: new(uint32(5))})),
		"settling everything":       after(begin, frame(amqp.FrameAMQP, 0, amqp.Disposition{Receiver: true, Last: new(uint32(1<<32 - 1)), State: amqp.AcceptedState()})),
		"deeply nested":             after(amqp.AppendFrame(nil, 0, 0, nil, bytes.Repeat([]byte{0}, 60_000))),
		"performative of odd types": after(amqp.AppendFrame(nil, 0, 0, nil, amqp.Append(nil, amqp.Described{Descriptor: uint64(0x12), Value: amqp.List{1.5, "x"}}))),
	}
}

func TestGarbageDisturbsNobody(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	r := receiver(t, c, "q", nil)
	send(t, c, "q", text("x"))
	peek(t, r)
	for name, b := range garbage() {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = conn.Write(b)
			_ = conn.(*net.TCPConn).CloseWrite()
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Error("the connection stays open")
			}
			if n := len(peek(t, r)); n != 1 {
				t.Errorf("the other client sees %d messages", n)
			}
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	s := start(t, queues("q"))
	for name, tt := range map[string]struct {
		bytes []byte
		want  amqp.Symbol
	}{
		"frame too long":  {binary.BigEndian.AppendUint32(nil, 1<<30), amqp.FramingError},
		"no performative": {amqp.AppendFrame(nil, 0, 0, nil, []byte{0x40}), amqp.DecodeError},
		"huge channel":    {frame(0, 65535, amqp.Begin{}), amqp.FramingError},
		"no session":      {frame(0, 9, amqp.End{}), amqp.NotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			r := dialRaw(t, s).open()
			r.write(append(tt.bytes, make([]byte, 8)...))
			if c := expect[amqp.Close](r); c.Error == nil || c.Error.Condition != tt.want {
				t.Errorf("close %+v, want %s", c.Error, tt.want)
			}
			if _, err := r.in.ReadByte(); err == nil {
				t.Error("something follows the close")
			}
		})
	}
}

func TestAClientThatDoesNotReadStallsNobody(t *testing.T) {
	s := start(t, queues("q", "other"))
	store(t, s, "q", 3000, strings.Repeat("x", 10_000))
	stuck := dialRaw(t, s).open()
	stuck.send(amqp.Attach{Name: "in", Receiver: true, Source: source("q"), Target: target("")})
	stuck.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 1 << 30, OutgoingWindow: 100, Handle: new(uint32(0)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(1 << 30))})
	c := dial(t, s)
	for range 20 {
		send(t, c, "other", text("x"))
	}
	r := receiver(t, c, "q", nil)
	if got := receive(t, r, 5); len(got) != 5 {
		t.Errorf("received %d", len(got))
	}
	if n, _ := s.Counts("q"); n.Locked > 2000 {
		t.Errorf("%d messages were taken for a client that does not read", n.Locked)
	}
}

func TestNothingRunsAfterClose(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := Start(queues("q"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for name, b := range garbage() {
		all.Go(func() {
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			_, _ = conn.Write(b)
			t.Cleanup(func() { _ = conn.Close() })
		})
	}
	for range 10 {
		dialRaw(t, s).open()
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	for i := 0; runtime.NumGoroutine() > before; i++ { // a goroutine is counted until shortly after it is waited for
		if i == 100 {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines more than before\n%s", runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error("the port is still open")
	}
}

func fuzzRequest(handle uint32, operation string, body amqp.Map) []byte {
	m := amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{"id", nil, nil, nil, "me"})
	m = amqp.AppendSection(m, amqp.SectionApplication, amqp.Map{{Key: "operation", Value: "com.microsoft:" + operation}})
	m = amqp.AppendSection(m, amqp.SectionValue, body)
	return amqp.AppendFrame(nil, 0, 0, amqp.Transfer{Handle: handle, DeliveryID: new(uint32(0)), DeliveryTag: []byte{0}}, m)
}

// FuzzConnection sends any bytes after a handshake and a few links.
func FuzzConnection(f *testing.F) {
	var broken bytes.Buffer // panics are logged as errors; read when the connection has ended
	s := start(f, Config{
		Queues: []Queue{{Name: "q"}, {Name: "sessions", RequiresSession: true}}, Topics: []Topic{{Name: "t"}},
		Log: slog.New(slog.NewTextHandler(&broken, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	links := bytes.Join([][]byte{
		frame(0, 0, amqp.Begin{IncomingWindow: 1000, OutgoingWindow: 1000}),
		frame(0, 0, amqp.Attach{Name: "out", Handle: 0, Target: target("q")}),
		frame(0, 0, amqp.Attach{Name: "in", Handle: 1, Receiver: true, Source: source("q"), Target: target("")}),
		frame(0, 0, amqp.Attach{Name: "ask", Handle: 2, Target: target("q/$management")}),
		frame(0, 0, amqp.Attach{Name: "answer", Handle: 3, Receiver: true, Source: source("q/$management"), Target: target("me")}),
		frame(0, 0, amqp.Attach{Name: "tx", Handle: 4, Target: amqp.Described{Descriptor: uint64(0x30), Value: amqp.List{}}}),
		frame(0, 0, amqp.Attach{Name: "next", Handle: 5, Receiver: true, Source: sessionSource("sessions", nil), Target: target("")}),
		frame(0, 0, amqp.Attach{Name: "named", Handle: 6, Receiver: true, Source: sessionSource("sessions", "a"), Target: target("")}),
		frame(0, 0, amqp.Attach{Name: "ask sessions", Handle: 7, Target: target("sessions/$management")}),
		frame(0, 0, amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 1000, OutgoingWindow: 100, Handle: new(uint32(3)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(1000))}),
	}, nil)
	ask := func(operation string, body amqp.Map) []byte { return fuzzRequest(2, operation, body) }
	askSessions := func(operation string, body amqp.Map) []byte { return fuzzRequest(7, operation, body) }

	for _, b := range garbage() {
		f.Add(b[:min(len(b), 500)])
	}
	f.Add(ask("peek-message", amqp.Map{{Key: "from-sequence-number", Value: int64(0)}, {Key: "message-count", Value: int32(5)}}))
	f.Add(ask("renew-lock", amqp.Map{{Key: "lock-tokens", Value: amqp.ArrayOf(amqp.UUID{})}}))
	f.Add(ask("update-disposition", amqp.Map{{Key: "lock-tokens", Value: amqp.ArrayOf(amqp.UUID{})}, {Key: "disposition-status", Value: "suspended"}}))
	f.Add(ask("schedule-message", amqp.Map{{Key: "messages", Value: amqp.List{amqp.Map{{Key: "message", Value: []byte{}}}}}}))
	f.Add(ask("batch-delete-messages", amqp.Map{{Key: "message-count", Value: int32(5)}, {Key: "enqueued-time-utc", Value: amqp.Timestamp(1 << 60)}}))
	f.Add(askSessions("set-session-state", amqp.Map{{Key: "session-id", Value: "a"}, {Key: "session-state", Value: []byte("x")}}))
	f.Add(askSessions("get-message-sessions", amqp.Map{{Key: "last-updated-time", Value: amqp.Timestamp(1 << 60)}, {Key: "skip", Value: int32(0)}, {Key: "top", Value: int32(1)}}))
	for _, body := range []any{
		amqp.Described{Descriptor: uint64(0x31), Value: amqp.List{}}, amqp.Described{Descriptor: uint64(0x32), Value: amqp.List{[]byte{1}, true}},
	} {
		f.Add(amqp.AppendFrame(nil, 0, 0, amqp.Transfer{Handle: 4, DeliveryID: new(uint32(0))}, amqp.AppendSection(nil, amqp.SectionValue, body)))
	}
	f.Add(amqp.AppendFrame(nil, 0, 0, amqp.Transfer{DeliveryID: new(uint32(0)), State: amqp.TransactionalState([]byte{1}, nil)}, amqp.AppendSection(nil, amqp.SectionValue, "x")))
	f.Add(ask("cancel-scheduled-message", amqp.Map{{Key: "sequence-numbers", Value: amqp.ArrayOf(int64(1))}}))
	f.Add(ask("receive-by-sequence-number", amqp.Map{{Key: "sequence-numbers", Value: amqp.ArrayOf(int64(1))}, {Key: "receiver-settle-mode", Value: uint32(1)}}))
	f.Add(amqp.AppendFrame(nil, 0, 0, amqp.Transfer{DeliveryID: new(uint32(0)), MessageFormat: new(uint32(amqp.BatchFormat))}, amqp.AppendSection(nil, amqp.SectionData, amqp.AppendSection(nil, amqp.SectionValue, "x"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		c := newConnection(s, theirs, bufio.NewReader(theirs))
		served := make(chan struct{})
		go func() { c.serve(); close(served) }()
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		_ = ours.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, err := ours.Write(bytes.Join([][]byte{
			hello(), links,
			amqp.AppendFrame(nil, 0, 0, amqp.Transfer{Handle: 2, DeliveryID: new(uint32(0))}, b), // as a request
			amqp.AppendFrame(nil, 0, 0, amqp.Transfer{Handle: 0, DeliveryID: new(uint32(1))}, b), // as a message
			amqp.AppendFrame(nil, 0, 0, nil, b),                                                  // as a frame
			b,
		}, nil))
		_ = ours.Close()
		<-served
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("nobody reads any more")
		}
		if log := broken.String(); log != "" {
			t.Fatal(log)
		}
	})
}
