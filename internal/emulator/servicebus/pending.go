package servicebus

import "github.com/busbell/busbell/internal/emulator/servicebus/amqp"

// A pending delivery has frames that wait for the client's window. Its first
// one is out. A session has one such delivery at most.
type pending struct {
	frames [][]byte
	of     *link
}

// send puts out a delivery, as far as the client's window allows; the rest
// waits.
func (ses *session) send(of *link, t amqp.Transfer, payload []byte) {
	ses.pending = pending{amqp.Split(ses.channel, t, payload, ses.c.maxFrame), of}
	ses.flush()
}

func (ses *session) flush() {
	p := &ses.pending
	n := min(uint32(len(p.frames)), ses.theirWindow)
	for i, frame := range p.frames[:n] {
		ses.c.out = append(ses.c.out, frame...)
		p.frames[i] = nil
	}
	ses.theirWindow -= n
	ses.outgoing += uint64(n)
	if p.frames = p.frames[n:]; len(p.frames) == 0 {
		*p = pending{}
	}
}

// withdraw drops what waits to be sent on a link that ends: some clients break
// over a transfer on a link that they do not have any more.
func (ses *session) withdraw(l *link) {
	if ses.pending.of == l {
		ses.pending = pending{}
	}
}
