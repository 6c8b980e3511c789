package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

const noSource = "no source could be read"

func TestABusThatIsDownAtStartIsSaidOnceAndRecovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail("error", refund, 2)
	w.bus.Down()
	h := w.start(shop)
	if got := h.call(http.MethodGet, "/", nil); got.status != http.StatusOK {
		t.Errorf("GET / answered %d", got.status)
	}
	for range 2 {
		wantError(t, h.tick(), noSource, "error")
	}
	wantShown(t, w.only("bus-errors"), black, "Cannot read 2 sources", "Cannot read *billing*", "Cannot read *error*", "does not answer")
	if err := w.bus.Up(); err != nil {
		t.Fatal(err)
	}
	h.pass()
	wantShown(t, w.about("bus-errors", "can read 2 sources again"), green)
	wantShown(t, w.about("bus-errors", "2 failed", "RefundRequested"), red)
	if n := len(w.roots("bus-errors")); n != 2 {
		t.Errorf("%d messages, want 2: %q", n, headlines(w.roots("bus-errors")))
	}
}

func TestAnOutageResolvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", refund, 2)
	h.pass()
	w.bus.Down()
	wantError(t, h.tick(), noSource)
	open := w.about("bus-errors", "2 failed")
	wantShown(t, open, red)
	if a := w.alert(); !a.Open() {
		t.Error("the alert was closed by an outage")
	}
	if err := w.bus.Up(); err != nil {
		t.Fatal(err)
	}
	w.bus.Fail(control.Fault{Kind: control.ShortPeek, Entity: "error", Times: 1}) // an outage may look like an empty queue, too
	h.pass()
	wantShown(t, w.about("bus-errors", "2 failed"), red)
	if said := w.thread("bus-errors", open); len(said) != 0 {
		t.Errorf("said in the thread: %q", said)
	}
	w.take("error")
	h.pass()
	wantShown(t, w.about("bus-errors", "2 failed"), green, "Resolved")
	if a := w.alert(); a.Open() || a.Count != 1 {
		t.Errorf("alert: %+v", a)
	}
}

func TestOneRefusedSourceLeavesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", refund, 1)
	w.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "shop.billing/$DeadLetterQueue", Error: servicebus.Unauthorized})
	for range 2 {
		h.pass()
	}
	wantShown(t, w.about("bus-errors", "Cannot read", "billing"), black, "not allowed", "Listen right")
	wantShown(t, w.about("bus-errors", "1 failed"), red)
	w.bus.Heal()
	h.pass()
	wantShown(t, w.about("bus-errors", "can read", "again", "billing"), green)
}

func TestABusThatGoesInMidPeek(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wire := newWire(t, w.bus.Addr())
	through := "ServiceBus=" + strings.Replace(w.bus.ConnectionString(), w.bus.Addr(), wire.addr, 1)
	billing := "    - {queue: shop.billing, deadLetter: true, name: billing}\n"
	h := w.start(strings.Replace(shop, billing, "", 1), through)
	w.send("error", w.messages(order, 300, func(i int, properties map[string]any) {
		if i >= 150 { // another kind lies at the end
			properties["rbs2-msg-type"] = "Shop.Orders.OrderShipped, Shop.Orders"
		}
	})...)
	h.pass()
	wantShown(t, w.about("bus-errors", "150 failed *OrderPlaced*"), red)
	wantShown(t, w.about("bus-errors", "150 failed *OrderShipped*"), red)

	wire.cutAfter(400<<10, true) // the SDK connects again, and reads on
	h.pass()
	if n := len(w.roots("bus-errors")); n != 2 || wire.cuts() != 1 {
		t.Errorf("%d messages after %d cuts: %q", n, wire.cuts(), headlines(w.roots("bus-errors")))
	}

	wire.cutAfter(400<<10, false)
	wantError(t, h.tick(), noSource)
	for _, kind := range []string{"OrderPlaced", "OrderShipped"} {
		m := w.about("bus-errors", "150 failed", kind)
		wantShown(t, m, red)
		if said := w.thread("bus-errors", m); len(said) != 0 {
			t.Errorf("said in the thread: %q", said)
		}
	}
	wantShown(t, w.about("bus-errors", "Cannot read", "error"), black)

	wire.mend()
	h.pass()
	wantShown(t, w.about("bus-errors", "can read", "again", "error"), green)
	w.take("error")
	h.pass()
	for _, kind := range []string{"OrderPlaced", "OrderShipped"} {
		wantShown(t, w.about("bus-errors", "150 failed", kind), green, "Resolved")
	}
}

// A wire lies between the handler and the bus, and can be cut.
type wire struct {
	addr, bus string
	mu        sync.Mutex
	conns     map[net.Conn]bool
	left      int // bytes from the bus until it is cut; below zero: never
	again     bool
	broken    bool
	times     int
}

func newWire(t *testing.T, bus string) *wire {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String(), bus: bus, left: -1, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		w.cut()
		w.mu.Unlock()
		all.Wait()
	})
	return w
}

// cutAfter cuts all connections when the bus has sent so many bytes more. Then
// new ones come through at once, or not before mend.
func (w *wire) cutAfter(bytes int, again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left, w.again = bytes, again
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = false
}

func (w *wire) cuts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.times
}

func (w *wire) cut() {
	for conn := range w.conns {
		_ = conn.Close()
	}
	clear(w.conns)
}

// carry passes bytes in both directions.
func (w *wire) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	bus, err := net.Dial("tcp4", w.bus)
	if err != nil {
		return
	}
	defer func() { _ = bus.Close() }()
	if !w.join(client, bus) {
		return
	}
	go func() {
		_, _ = io.Copy(bus, client)
		_ = bus.Close()
	}()
	_, _ = io.Copy(client, countingReader{bus, w})
}

func (w *wire) join(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return false
	}
	for _, c := range conns {
		w.conns[c] = true
	}
	return true
}

type countingReader struct {
	io.Reader
	wire *wire
}

func (r countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	w := r.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left < 0 {
		return n, err
	}
	if w.left -= n; w.left < 0 {
		w.times++
		w.broken = !w.again
		w.cut()
		return 0, fmt.Errorf("cut")
	}
	return n, err
}
