package servicebus

import (
	"io"
	"net"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// write sends what the reader put out and what receivers are owed, until the
// connection ends. A client that does not read stops its own writer only:
// nothing is locked while bytes go out, and no message is taken for it while
// earlier ones wait.
func (c *connection) write() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var buf []byte
	last := time.Now()
	for {
		c.mu.Lock()
		c.fill()
		buf, c.out = c.out, buf[:0]
		ended := c.ended
		if len(buf) == 0 && !ended && time.Since(last) >= c.beat {
			buf = amqp.AppendFrame(buf, amqp.FrameAMQP, 0, nil, nil)
		}
		if cap(c.out) > 2*backlogBound {
			c.out = nil
		}
		c.room.Broadcast()
		c.mu.Unlock()
		if len(buf) > 0 {
			if err := c.s.broker.data.flush(); err != nil {
				c.s.cfg.Log.Error("messages cannot be kept", "err", err)
				c.hangUp()
				return
			}
			last = time.Now()
			_ = c.conn.SetWriteDeadline(last.Add(2 * idleTimeout))
			if _, err := c.conn.Write(buf); err != nil {
				c.logEnd(err)
				c.hangUp()
				return
			}
			continue
		}
		if ended {
			c.leave()
			return
		}
		select {
		case <-c.stir:
		case <-c.done:
		case <-ticker.C:
		}
	}
}

// hangUp marks the connection as dead and frees a reader that waits.
func (c *connection) hangUp() {
	_ = c.conn.Close()
	c.mu.Lock()
	c.dead = true
	c.room.Broadcast()
	c.mu.Unlock()
}

// leave lets the client read our last frames: closing while bytes of its own
// are unread would throw them away.
func (c *connection) leave() {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		<-c.done
		_ = c.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		_, _ = io.Copy(io.Discard, io.LimitReader(c.conn, 8<<20))
	}
	c.hangUp()
}

var _ interface{ CloseWrite() error } = (*net.TCPConn)(nil)

// fill moves to the output what its bound and the clients' windows and
// credits allow.
func (c *connection) fill() {
	if c.ended {
		return
	}
	for _, ses := range c.sessions {
		if !ses.ended {
			ses.fill()
		}
	}
}
