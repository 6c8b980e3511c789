// Package servicebus is a local stand-in for Azure Service Bus: queues, topics
// with subscriptions and their dead-letter queues in memory, which the real
// clients reach over AMQP 1.0 and over the administration API.
//
// [Start] listens and returns; clients connect with what
// [Server.ConnectionString] gives and may use any key. A connection is read by
// one goroutine and written by another. What comes in goes to the broker,
// which is one set of entities behind one lock; what goes out is taken from
// the broker only when the client has credit and has read what went before.
// So a slow client slows down itself, and garbage ends the connection it came
// on: neither is noticed by anybody else. What a sender encoded comes out as
// it went in, with the broker's own header and annotations around it.
//
// Messages outlive the process in the file that [Config].Data names; without
// one nothing does.
package servicebus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/setting"
)

// A Server is a running emulator.
type Server struct {
	*control.Knobs // the faults still to come; docs/faults.md lists them

	cfg     Config
	broker  *broker
	closing chan struct{}
	running sync.WaitGroup

	mu          sync.Mutex
	listeners   []net.Listener // AMQP and HTTP, then HTTP; empty when down
	web         *http.Server   // of one time of being up, like handed
	handed      *handover      // connections that turned out to speak HTTP
	addrs       [2]string
	connections map[*connection]struct{}
	greeting    map[net.Conn]struct{} // that have not said what they speak
	closed      bool
}

// Start makes the entities and listens. It accepts connections when it
// returns. Whoever started it closes it.
func Start(cfg Config) (*Server, error) {
	s, err := newServer(cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	if err := s.Up(); err != nil {
		return nil, errors.Join(err, s.broker.data.close())
	}
	s.running.Go(func() { s.broker.run(s.closing) })
	return s, nil
}

// newServer makes a server that does not listen yet.
func newServer(cfg Config) (*Server, error) {
	b, err := newBroker(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, broker: b, closing: make(chan struct{}), addrs: [2]string{cfg.Addr, cfg.AdminAddr},
		connections: map[*connection]struct{}{}, greeting: map[net.Conn]struct{}{},
	}
	s.Knobs = control.ForBus(s.Now, s.atOnce)
	if cfg.Data != "" {
		err = b.load(cfg.Data, cfg.Log)
	}
	return s, err
}

func newBroker(cfg Config) (*broker, error) {
	b := &broker{cfg: cfg, queues: map[string]*queue{}, topics: map[string]*topic{}, rush: make(chan struct{}, 1)}
	for i, q := range cfg.Queues {
		if _, err := b.addQueue(q); err != nil {
			return nil, fmt.Errorf("queue %d, %q: %w", i, q.Name, err)
		}
	}
	for i, t := range cfg.Topics {
		if _, err := b.addTopic(t); err != nil {
			return nil, fmt.Errorf("topic %d, %q: %w", i, t.Name, err)
		}
	}
	return b, nil
}

// Addr is the address of AMQP and administration.
func (s *Server) Addr() string { return setting.Reachable(s.addrs[0]) }

// AdminAddr is the address of administration only.
func (s *Server) AdminAddr() string { return setting.Reachable(s.addrs[1]) }

// ConnectionString is what clients connect with.
func (s *Server) ConnectionString() string { return connectionString(s.Addr()) }

// AdminConnectionString is what administration clients connect with that talk
// to a port of its own, as Microsoft's emulator has one.
func (s *Server) AdminConnectionString() string { return connectionString(s.AdminAddr()) }

func connectionString(addr string) string {
	return "Endpoint=sb://" + addr +
		";SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
}

// Up listens again after [Server.Down], on the same ports.
func (s *Server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.listeners) > 0 {
		return nil
	}
	var open []net.Listener
	for i, addr := range s.addrs {
		l, err := listen(addr, s.cfg.AllowRemote)
		if err != nil {
			for _, l := range open {
				_ = l.Close()
			}
			return fmt.Errorf("servicebus emulator: %w", err)
		}
		s.addrs[i] = l.Addr().String()
		open = append(open, l)
	}
	s.listeners = open
	handed := newHandover(open[0].Addr())
	web := &http.Server{
		Handler:           s.withWebSocket(s.withFaults(s.admin()), handed),
		ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10, ConnContext: noteTLS,
	}
	s.handed, s.web = handed, web
	s.running.Go(func() { s.accept(open[0], handed, true) })
	s.running.Go(func() { s.accept(open[1], handed, false) })
	s.running.Go(func() { _ = web.Serve(handed) })
	return nil
}

// listen listens on a loopback address, or on any where that is allowed.
func listen(addr string, remote bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if !remote && !setting.Local(host) {
		return nil, fmt.Errorf("listen on %s: it takes any key, so only loopback addresses are allowed", addr)
	}
	return new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
}

// Down refuses new connections and cuts those there are, as if the service
// did not exist. The messages stay.
func (s *Server) Down() {
	s.mu.Lock()
	for _, l := range s.listeners {
		_ = l.Close()
	}
	if s.listeners != nil {
		_ = s.handed.Close()
		_ = s.web.Close()
	}
	s.listeners = nil
	for conn := range s.greeting {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.each("", func(c *connection) { _ = c.conn.Close() })
}

// Close ends everything and waits for it.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.closing)
	s.mu.Unlock()
	s.Down()
	s.running.Wait()
	return s.broker.data.close()
}
