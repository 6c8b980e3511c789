package servicebus

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// accept takes connections until the listener is closed.
func (s *Server) accept(l net.Listener, handed *handover, takesAMQP bool) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, perhaps: a moment later there may be fewer
			time.Sleep(50 * time.Millisecond)
			continue
		}
		s.mu.Lock()
		if s.isDown(handed) {
			s.mu.Unlock()
			_ = conn.Close()
			return
		}
		s.greeting[conn] = struct{}{}
		s.running.Go(func() { s.welcome(conn, handed, takesAMQP) })
		s.mu.Unlock()
	}
}

// isDown reports whether the time of being up that a connection came in is
// over. The caller holds the lock.
func (s *Server) isDown(handed *handover) bool { return s.handed != handed || s.listeners == nil }

// welcome finds out what a connection speaks and serves it.
func (s *Server) welcome(conn net.Conn, handed *handover, takesAMQP bool) {
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	p, start, err := s.sniff(conn)
	_ = conn.SetReadDeadline(time.Time{})
	s.mu.Lock()
	delete(s.greeting, conn)
	down := s.isDown(handed)
	s.mu.Unlock()
	switch {
	case err != nil || down:
		if err != nil && !errors.Is(err, io.EOF) {
			s.cfg.Log.Debug("connection refused", "err", err)
		}
		_ = conn.Close()
	case start == "AMQP" && takesAMQP:
		s.serveAMQP(newConnection(s, p.Conn, p.in), handed)
	case speaksHTTP(start):
		handed.give(p)
	default:
		if start[0] == clientHello {
			s.cfg.Log.Warn("connection refused: the client speaks TLS, and there is no certificate; " +
				"start with --tls, or put UseDevelopmentEmulator=true into the connection string")
		}
		_ = conn.Close()
	}
}

// clientHello is the first byte of a TLS connection.
const clientHello = 0x16

// sniff reads the first bytes of a connection, inside TLS if it begins so.
func (s *Server) sniff(conn net.Conn) (p *peeked, start string, err error) {
	p = &peeked{Conn: conn, in: bufio.NewReaderSize(conn, frameSize)}
	first, err := p.in.Peek(4)
	if err == nil && first[0] == clientHello && s.cfg.Certificate != nil {
		inner := tls.Server(p, &tls.Config{Certificates: []tls.Certificate{*s.cfg.Certificate}})
		p = &peeked{Conn: inner, in: bufio.NewReaderSize(inner, frameSize), secure: true}
		first, err = p.in.Peek(4)
	}
	return p, string(first), err
}

// serveAMQP serves a client until either side ends the connection.
func (s *Server) serveAMQP(c *connection, handed *handover) {
	s.mu.Lock()
	if s.isDown(handed) {
		s.mu.Unlock()
		_ = c.conn.Close()
		return
	}
	s.connections[c] = struct{}{}
	s.mu.Unlock()
	c.serve()
	s.mu.Lock()
	delete(s.connections, c)
	s.mu.Unlock()
}

// connected lists the AMQP connections there are.
func (s *Server) connected() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*connection, 0, len(s.connections))
	for c := range s.connections {
		all = append(all, c)
	}
	return all
}
