package servicebus

import (
	"bufio"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// webSocketPath is where clients open a WebSocket that carries AMQP.
const webSocketPath = "/$servicebus/websocket"

// withWebSocket serves AMQP over WebSockets beside another handler. Pages of
// other machines may not connect: any key is good here.
func (s *Server) withWebSocket(h http.Handler, handed *handover) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(strings.TrimSuffix(r.URL.Path, "/"), webSocketPath) {
			h.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		if s.isDown(handed) {
			s.mu.Unlock()
			return
		}
		s.running.Add(1) // a hijacked connection is the server's own to wait for
		s.mu.Unlock()
		defer s.running.Done()
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols:   []string{"AMQPWSB10", "amqp"},
			OriginPatterns: []string{"localhost:*", "127.0.0.1:*", "[[]::1]:*"},
		})
		if err != nil {
			s.cfg.Log.Debug("WebSocket refused", "err", err)
			return
		}
		ws.SetReadLimit(-1) // frames have a limit of their own
		conn := socket{websocket.NetConn(r.Context(), ws, websocket.MessageBinary), ws}
		s.serveAMQP(newConnection(s, conn, bufio.NewReaderSize(conn, frameSize)), handed)
	})
}

// A socket is a WebSocket as a connection that can be cut without a word.
type socket struct {
	net.Conn
	ws *websocket.Conn
}

func (s socket) Close() error { return s.ws.CloseNow() }
