package failure

import (
	"bytes"
	"strings"

	"github.com/busbell/busbell/internal/message"
)

// A Return says how a failed message goes back to where it failed, so that
// its handlers run once more as if it came for the first time: where to, what
// is kept and what must go. Body, correlation id, content type, subject,
// session and partition key are always kept; a time to live never is.
type Return struct {
	// To is the queue it failed in, or the topic whose subscription it failed
	// in. It comes from the message and must be checked against what exists.
	To    string
	Topic bool // To is a topic: all its subscribers get the message again

	// NewID asks for a fresh native message id. Without it the id is kept,
	// because handlers know the message by it.
	NewID bool

	Drop []string          // application properties to leave out, those it has
	Set  map[string]string // application properties to write

	Refuse   string   // why it must not go back at all; "" if it may
	Warnings []string // what the user should know before
}

// Return says how the message goes back.
func (r *Reader) Return(m *message.Message) Return {
	f := r.Read(m, m.EnqueuedAt) // when it failed does not matter here
	back := Return{To: f.FailingQueue, Drop: dropped(m, f.Framework)}
	if topic, _, ok := strings.Cut(back.To, "/Subscriptions/"); ok {
		back.To, back.Topic = topic, true
		back.Warnings = append(back.Warnings, "it failed in a subscription and goes back to the topic: every subscriber gets it again")
	}
	switch {
	case f.Ignore:
		back.Refuse = "it is no failed message"
	case back.To == "":
		back.Refuse = "nothing in it says where it failed"
	}
	switch f.Framework {
	case message.NServiceBus:
		back.NewID = true // as the transport does at every send; handlers know the message by its header
		if m.Has("ServiceControl.Retry.AcknowledgementQueue") {
			back.Warnings = append(back.Warnings, "ServiceControl returned it before, and may do so again")
		}
	case message.MassTransit:
		back.massTransit(m, f)
	}
	return back
}

// massTransit writes again what the move to the error queue has lost: without
// MT-MessageType a raw JSON body runs every consumer of the endpoint.
func (b *Return) massTransit(m *message.Message, f Failure) {
	if strings.HasPrefix(strings.ToLower(m.ContentType), "application/vnd.masstransit") {
		if bytes.Contains(m.Body, []byte("MT-Redelivery-Count")) {
			b.Warnings = append(b.Warnings, "its count of delayed redeliveries is in its body and stays: it gets no further ones")
		}
		return
	}
	if m.Has("MT-MessageType") {
		return
	}
	space, name, ok := cutLast(f.MessageType, '.')
	if !ok || strings.ContainsAny(f.MessageType, "[<") {
		if b.Refuse == "" {
			b.Refuse = "it lost its message type, and without one every consumer of the endpoint would run"
		}
		return
	}
	b.Set = map[string]string{"MT-MessageType": "urn:message:" + space + ":" + name}
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
