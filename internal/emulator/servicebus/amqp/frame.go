package amqp

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Kinds of frames.
const (
	FrameAMQP = 0
	FrameSASL = 1
)

// The protocol headers that open a connection.
const (
	HeaderAMQP = "AMQP\x00\x01\x00\x00"
	HeaderSASL = "AMQP\x03\x01\x00\x00"
)

// A Frame is what travels at once. A frame without a body keeps a quiet
// connection alive.
type Frame struct {
	Kind    byte
	Channel uint16
	Body    []byte
}

// ReadFrame reads one frame into buf, which grows as needed and which the
// frame's body shares, and returns both. Frames longer than limit are an
// error of condition amqp:connection:framing-error.
func ReadFrame(r io.Reader, buf []byte, limit int) (Frame, []byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Frame{}, buf, err
	}
	size := binary.BigEndian.Uint32(head[:])
	offset := uint32(head[4]) * 4
	f := Frame{Kind: head[5], Channel: binary.BigEndian.Uint16(head[6:])}
	switch {
	case size < 8 || offset < 8 || offset > size:
		return f, buf, Errorf(FramingError, "frame of %d bytes with its body at %d", size, offset)
	case size > uint32(limit):
		return f, buf, Errorf(FramingError, "frame of %d bytes is over the limit of %d", size, limit)
	case f.Kind > FrameSASL:
		return f, buf, Errorf(FramingError, "frame of unknown kind %d", f.Kind)
	}
	n := int(size) - 8
	// The size is a claim: a buffer that is too short grows with what comes.
	for buf = buf[:0]; len(buf) < n; {
		step := n - len(buf)
		if cap(buf) < n {
			step = min(step, max(len(buf), 4<<10))
		}
		buf = slices.Grow(buf, step)[:len(buf)+step]
		if _, err := io.ReadFull(r, buf[len(buf)-step:]); err != nil {
			return f, buf, err
		}
	}
	f.Body = buf[offset-8:]
	return f, buf, nil
}

// AppendFrame appends a frame with a performative and, for transfers, a part
// of a message. A nil performative makes an empty frame.
func AppendFrame(dst []byte, kind byte, channel uint16, p Performative, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 2, kind, byte(channel>>8), byte(channel))
	if p != nil {
		dst = AppendPerformative(dst, p)
	}
	dst = append(dst, payload...)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// Split encodes a transfer as the frames it takes when none may be longer
// than maxFrame. Only the first carries the delivery's id, tag and format.
func Split(channel uint16, t Transfer, payload []byte, maxFrame int) [][]byte {
	var frames [][]byte
	for {
		t.More = true // the longer form
		overhead := len(AppendFrame(nil, FrameAMQP, channel, t, nil))
		n := min(len(payload), max(maxFrame-overhead, 1))
		t.More = n < len(payload)
		frame := make([]byte, 0, overhead+n)
		frames = append(frames, AppendFrame(frame, FrameAMQP, channel, t, payload[:n]))
		if payload = payload[n:]; len(payload) == 0 {
			return frames
		}
		t = Transfer{Handle: t.Handle, Settled: t.Settled}
	}
}

// An Error is an AMQP error as it goes over the wire.
type Error struct {
	Condition   Symbol
	Description string
	Info        Map
}

// Conditions of AMQP itself.
const (
	InternalError         Symbol = "amqp:internal-error"
	NotFound              Symbol = "amqp:not-found"
	DecodeError           Symbol = "amqp:decode-error"
	NotAllowed            Symbol = "amqp:not-allowed"
	InvalidField          Symbol = "amqp:invalid-field"
	NotImplemented        Symbol = "amqp:not-implemented"
	ResourceLimitExceeded Symbol = "amqp:resource-limit-exceeded"
	FramingError          Symbol = "amqp:connection:framing-error"
	ConnectionForced      Symbol = "amqp:connection:forced"
	UnattachedHandle      Symbol = "amqp:session:unattached-handle"
	HandleInUse           Symbol = "amqp:session:handle-in-use"
	WindowViolation       Symbol = "amqp:session:window-violation"
	DetachForced          Symbol = "amqp:link:detach-forced"
	TransferLimitExceeded Symbol = "amqp:link:transfer-limit-exceeded"
	MessageSizeExceeded   Symbol = "amqp:link:message-size-exceeded"
)

// Errorf returns an error with a condition and a description.
func Errorf(condition Symbol, format string, args ...any) *Error {
	return &Error{Condition: condition, Description: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	if e.Description == "" {
		return string(e.Condition)
	}
	return string(e.Condition) + ": " + e.Description
}
