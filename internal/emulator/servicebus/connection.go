package servicebus

import (
	"bufio"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

const (
	frameSize    = 64 << 10         // the longest frame we say we take
	frameBound   = 1 << 20          // the longest we take: some clients send longer dispositions than agreed
	channelMax   = 4999             // sessions of one connection
	outputBound  = 1 << 20          // bytes waiting for a client before it gets no more messages
	backlogBound = 8 << 20          // bytes waiting for a client before we read no more from it
	idleTimeout  = 60 * time.Second // silence we say we bear; we bear twice that
	beat         = 15 * time.Second // our own longest silence
)

// A connection serves one client. One goroutine reads and acts, one writes;
// mu guards what both use. Locks are taken in the order connection, broker.
type connection struct {
	s    *Server
	conn net.Conn
	in   *bufio.Reader

	mu           sync.Mutex
	room         sync.Cond // out became shorter, or the connection ended
	out          []byte
	ended        bool // write what is left, then hang up
	dead         bool // nothing can be written any more
	opened       bool
	maxFrame     int           // of the client
	beat         time.Duration // between empty frames
	sessions     map[uint16]*session
	transactions map[string]declared // by id

	stir chan struct{} // there may be something to write
	done chan struct{} // closed when the reader is through
}

var _ listener = (*connection)(nil)

func newConnection(s *Server, conn net.Conn, in *bufio.Reader) *connection {
	c := &connection{
		s: s, conn: conn, in: in, maxFrame: 512, beat: beat, sessions: map[uint16]*session{},
		transactions: map[string]declared{},
		stir:         make(chan struct{}, 1), done: make(chan struct{}),
	}
	c.room.L = &c.mu
	return c
}

// wake makes the writer look for something to write.
func (c *connection) wake() {
	select {
	case c.stir <- struct{}{}:
	default:
	}
}

// serve talks to the client until either side ends the connection.
func (c *connection) serve() {
	if err := c.greet(); err != nil {
		c.s.cfg.Log.Debug("connection refused", "err", err)
		_ = c.conn.Close()
		return
	}
	var writer sync.WaitGroup
	writer.Go(c.write)
	err := c.read()
	c.mu.Lock()
	if protocol, ok := errors.AsType[*amqp.Error](err); ok && !c.ended {
		c.put(0, amqp.Close{Error: protocol})
	}
	c.ended = true
	for _, ses := range c.sessions {
		ses.end()
	}
	c.mu.Unlock()
	c.logEnd(err)
	close(c.done)
	writer.Wait()
	_ = c.conn.Close()
}

// logEnd logs why the connection has ended. Where we have closed it, that is
// logged already.
func (c *connection) logEnd(err error) {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.s.cfg.Log.Debug("connection ended", "err", err)
	}
}

// read acts on frames until the client closes, or errs.
func (c *connection) read() error {
	var buf []byte
	var deadline time.Time
	for {
		if t := time.Now().Add(2 * idleTimeout); t.Sub(deadline) > idleTimeout/4 {
			deadline = t
			_ = c.conn.SetReadDeadline(t)
		}
		var f amqp.Frame
		var err error
		f, buf, err = amqp.ReadFrame(c.in, buf, frameBound)
		if err != nil {
			return err
		}
		if len(f.Body) == 0 {
			continue
		}
		if f.Kind != amqp.FrameAMQP {
			return amqp.Errorf(amqp.FramingError, "SASL frame on an open connection")
		}
		p, payload, err := amqp.ParseBody(f.Body)
		if err != nil {
			return err
		}
		over, err := c.act(f.Channel, p, payload)
		c.wake()
		if over || err != nil {
			return err
		}
	}
}

// act handles one performative and reports whether it was the last one. A
// mistake of ours ends this connection and no other.
func (c *connection) act(channel uint16, p amqp.Performative, payload []byte) (over bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			c.s.cfg.Log.Error("connection broke", "panic", r, "stack", string(debug.Stack()))
			err = amqp.Errorf(amqp.InternalError, "the emulator made a mistake: %v", r)
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.out) > backlogBound && !c.dead {
		c.wake()
		c.room.Wait()
	}
	if c.ended { // by us: only the client's own close is of interest
		_, over = p.(amqp.Close)
		return over, nil
	}
	if err := c.meet(onFrame, "").before(); err != nil {
		return false, nil // the connection ends, and this frame was never heard
	}
	switch p := p.(type) {
	case amqp.Open:
		return false, c.open(p)
	case amqp.Close:
		c.put(0, amqp.Close{})
		c.ended = true
		return true, nil
	case amqp.Begin:
		return false, c.begin(channel, p)
	case amqp.SASLInit, amqp.SASLMechanisms, amqp.SASLOutcome:
		return false, amqp.Errorf(amqp.FramingError, "SASL on an open connection")
	}
	ses := c.sessions[channel]
	if ses == nil {
		return false, amqp.Errorf(amqp.NotAllowed, "no session on channel %d", channel)
	}
	if _, ok := p.(amqp.End); ok {
		if !ses.ended {
			c.put(channel, amqp.End{})
		}
		ses.end()
		delete(c.sessions, channel)
		return false, nil
	}
	if ses.ended {
		return false, nil // what was under way when we ended it
	}
	if bad := ses.act(p, payload); bad != nil {
		c.put(channel, amqp.End{Error: bad})
		ses.end()
	}
	return false, nil
}

func (c *connection) open(p amqp.Open) error {
	if c.opened {
		return amqp.Errorf(amqp.NotAllowed, "open twice")
	}
	if p.MaxFrameSize != 0 && p.MaxFrameSize < 512 {
		return amqp.Errorf(amqp.InvalidField, "max-frame-size %d is under 512", p.MaxFrameSize)
	}
	c.opened = true
	c.maxFrame = frameSize
	if p.MaxFrameSize != 0 {
		c.maxFrame = int(min(p.MaxFrameSize, frameSize))
	}
	if half := time.Duration(p.IdleTimeout) * time.Millisecond / 2; half > 0 {
		c.beat = max(min(c.beat, half), 10*time.Millisecond)
	}
	c.put(0, amqp.Open{
		ContainerID: "busbell-emulator", MaxFrameSize: frameSize, ChannelMax: channelMax,
		IdleTimeout: uint32(idleTimeout.Milliseconds()),
	})
	return nil
}

func (c *connection) begin(channel uint16, p amqp.Begin) error {
	switch {
	case !c.opened:
		return amqp.Errorf(amqp.NotAllowed, "begin before open")
	case channel > channelMax:
		return amqp.Errorf(amqp.FramingError, "channel %d is over the maximum of %d", channel, channelMax)
	case c.sessions[channel] != nil:
		return amqp.Errorf(amqp.NotAllowed, "session on channel %d begun twice", channel)
	}
	c.sessions[channel] = newSession(c, channel, p)
	c.put(channel, amqp.Begin{
		RemoteChannel: new(channel), IncomingWindow: window, OutgoingWindow: window, HandleMax: handleMax,
	})
	return nil
}

// put writes a performative to the output. After our close there is none.
func (c *connection) put(channel uint16, p amqp.Performative) {
	if c.ended {
		return
	}
	c.out = amqp.AppendFrame(c.out, amqp.FrameAMQP, channel, p, nil)
}
