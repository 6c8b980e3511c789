package servicebus

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
)

// speaksHTTP reports whether a connection's first four bytes start an HTTP
// request.
func speaksHTTP(start string) bool {
	for _, m := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPatch} {
		if strings.HasPrefix(m+" ", start) {
			return true
		}
	}
	return false
}

// A peeked connection has its first bytes in a buffer.
type peeked struct {
	net.Conn
	in     *bufio.Reader
	secure bool // it came by way of TLS
}

func (p *peeked) Read(b []byte) (int, error) { return p.in.Read(b) }

type secureKey struct{}

// noteTLS keeps in the context of requests whether they came by way of TLS,
// which an HTTP server does not see through a peeked connection.
func noteTLS(ctx context.Context, conn net.Conn) context.Context {
	p, ok := conn.(*peeked)
	return context.WithValue(ctx, secureKey{}, ok && p.secure)
}

// scheme is that of the addresses in the answer to a request.
func scheme(r *http.Request) string {
	if secure, _ := r.Context().Value(secureKey{}).(bool); secure {
		return "https"
	}
	return "http"
}

// A handover is the listener on which an HTTP server gets the connections
// that turned out to be its own.
type handover struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newHandover(addr net.Addr) *handover {
	return &handover{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give hands a connection over, or closes it when nobody takes it any more.
func (h *handover) give(conn net.Conn) {
	select {
	case h.conns <- conn:
	case <-h.done:
		_ = conn.Close()
	}
}

// Accept is of net.Listener, like the rest.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case conn := <-h.conns:
		return conn, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handover) Addr() net.Addr { return h.addr }
