package servicebus

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/coder/websocket"
)

// overWebSocket is a client that reaches an address by WebSocket only.
func overWebSocket(t *testing.T, s *Server, addr, protocol string) *azservicebus.Client {
	t.Helper()
	c, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(), &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: 3, RetryDelay: 20 * time.Millisecond, MaxRetryDelay: 100 * time.Millisecond},
		NewWebSocketConn: func(ctx context.Context, args azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
			_, path, _ := strings.Cut(args.Host, "/$")
			ws, resp, err := websocket.Dial(ctx, "ws://"+addr+"/$"+path, &websocket.DialOptions{Subprotocols: []string{protocol}})
			if err != nil {
				return nil, err
			}
			if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != protocol {
				t.Errorf("sub-protocol %q, want %q", got, protocol)
			}
			ws.SetReadLimit(-1)
			return websocket.NetConn(context.Background(), ws, websocket.MessageBinary), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func TestAMQPRunsOverWebSockets(t *testing.T) {
	s := start(t, queues("q"))
	for addr, protocol := range map[string]string{s.Addr(): "AMQPWSB10", s.AdminAddr(): "amqp"} {
		c := overWebSocket(t, s, addr, protocol)
		big := strings.Repeat("x", 200_000) // more than a frame
		send(t, c, "q", text("small"), text("%s", big))
		r := receiver(t, c, "q", nil)
		got := receive(t, r, 2)
		if string(got[0].Body) != "small" || string(got[1].Body) != big {
			t.Errorf("received %d and %d bytes", len(got[0].Body), len(got[1].Body))
		}
		for _, m := range got {
			if err := r.CompleteMessage(soon(t), m, nil); err != nil {
				t.Error(err)
			}
		}
	}
	if n, err := s.Counts("q"); err != nil || n.Active != 0 {
		t.Errorf("left %+v, %v", n, err)
	}
}

// A client on a WebSocket sees the server go and come back like any other.
func TestWebSocketsAreCutWithTheServer(t *testing.T) {
	s := start(t, queues("q"))
	c := overWebSocket(t, s, s.Addr(), "AMQPWSB10")
	send(t, c, "q", text("before"))
	s.Down()
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	send(t, c, "q", text("after"))
	if n, err := s.Counts("q"); err != nil || n.Active != 2 {
		t.Errorf("counts %+v, %v", n, err)
	}
}

func TestPagesOfOtherMachinesGetNoWebSocket(t *testing.T) {
	s := start(t, queues("q"))
	for origin, want := range map[string]bool{"": true, "http://localhost:3000": true, "http://[::1]:80": true, "https://evil.example": false} {
		_, resp, err := websocket.Dial(soon(t), "ws://"+s.Addr()+"/$servicebus/websocket/", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if (err == nil) != want {
			t.Errorf("origin %q: %v", origin, err)
		}
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
	}
}
