package amqp

// A Performative is what a frame asks or tells. It is encoded in full, nulls
// at its end included, because some clients read its fields by their places.
type Performative interface {
	code() uint64
	list() List
}

// Performatives of a connection, AMQP 1.0 part 2, section 2.7. A nil pointer
// is a field that is absent.
type (
	// An Open starts a connection.
	Open struct {
		ContainerID, Hostname string
		MaxFrameSize          uint32 // 0 is absent: no limit
		ChannelMax            uint16
		IdleTimeout           uint32 // milliseconds; 0 is none
		Properties            Map
	}
	// A Begin starts a session.
	Begin struct {
		RemoteChannel                  *uint16
		NextOutgoingID, IncomingWindow uint32
		OutgoingWindow, HandleMax      uint32
	}
	// An Attach makes a link.
	Attach struct {
		Name                 string
		Handle               uint32
		Receiver             bool // the role of who sends it
		SndSettle, RcvSettle *uint8
		Source, Target       any
		InitialDeliveryCount *uint32
		MaxMessageSize       uint64
		Properties           Map
	}
	// A Flow tells windows and credit, of a session or of one link.
	Flow struct {
		NextIncomingID                 *uint32
		IncomingWindow, NextOutgoingID uint32
		OutgoingWindow                 uint32
		Handle                         *uint32
		DeliveryCount, LinkCredit      *uint32
		Drain, Echo                    bool
	}
	// A Transfer carries a message, or a part of one.
	Transfer struct {
		Handle        uint32
		DeliveryID    *uint32
		DeliveryTag   []byte
		MessageFormat *uint32
		Settled, More bool
		State         any
		Aborted       bool
	}
	// A Disposition tells what became of deliveries.
	Disposition struct {
		Receiver bool
		First    uint32
		Last     *uint32
		Settled  bool
		State    any
	}
	// A Detach ends a link.
	Detach struct {
		Handle uint32
		Closed bool
		Error  *Error
	}
	// An End ends a session.
	End struct{ Error *Error }
	// A Close ends a connection.
	Close struct{ Error *Error }
)

// Performatives of SASL, part 5, section 5.3.
type (
	// A SASLMechanisms offers ways to authenticate.
	SASLMechanisms struct{ Mechanisms []Symbol }
	// A SASLInit picks one of the ways to authenticate.
	SASLInit struct {
		Mechanism Symbol
		Response  []byte
	}
	// A SASLOutcome ends the authentication; code 0 is success.
	SASLOutcome struct{ Code uint8 }
)

func (Open) code() uint64           { return 0x10 }
func (Begin) code() uint64          { return 0x11 }
func (Attach) code() uint64         { return 0x12 }
func (Flow) code() uint64           { return 0x13 }
func (Transfer) code() uint64       { return 0x14 }
func (Disposition) code() uint64    { return 0x15 }
func (Detach) code() uint64         { return 0x16 }
func (End) code() uint64            { return 0x17 }
func (Close) code() uint64          { return 0x18 }
func (SASLMechanisms) code() uint64 { return 0x40 }
func (SASLInit) code() uint64       { return 0x41 }
func (SASLOutcome) code() uint64    { return 0x44 }

func (p Open) list() List {
	return List{
		p.ContainerID, orNull(p.Hostname), orNull(p.MaxFrameSize), p.ChannelMax, orNull(p.IdleTimeout),
		nil, nil, nil, nil, mapOrNull(p.Properties),
	}
}

func (p Begin) list() List {
	return List{opt(p.RemoteChannel), p.NextOutgoingID, p.IncomingWindow, p.OutgoingWindow, p.HandleMax, nil, nil, nil}
}

func (p Attach) list() List {
	return List{
		p.Name, p.Handle, p.Receiver, opt(p.SndSettle), opt(p.RcvSettle), p.Source, p.Target,
		nil, nil, opt(p.InitialDeliveryCount), orNull(p.MaxMessageSize), nil, nil, mapOrNull(p.Properties),
	}
}

func (p Flow) list() List {
	return List{
		opt(p.NextIncomingID), p.IncomingWindow, p.NextOutgoingID, p.OutgoingWindow, opt(p.Handle),
		opt(p.DeliveryCount), opt(p.LinkCredit), nil, orNull(p.Drain), orNull(p.Echo), nil,
	}
}

func (p Transfer) list() List {
	var tag any
	if p.DeliveryTag != nil {
		tag = p.DeliveryTag
	}
	return List{
		p.Handle, opt(p.DeliveryID), tag, opt(p.MessageFormat), orNull(p.Settled), orNull(p.More),
		nil, p.State, nil, orNull(p.Aborted), nil,
	}
}

func (p Disposition) list() List {
	return List{p.Receiver, p.First, opt(p.Last), orNull(p.Settled), p.State, nil}
}

func (p Detach) list() List { return List{p.Handle, orNull(p.Closed), p.Error.value()} }
func (p End) list() List    { return List{p.Error.value()} }
func (p Close) list() List  { return List{p.Error.value()} }

func (p SASLMechanisms) list() List { return List{ArrayOf(p.Mechanisms...)} }
func (p SASLInit) list() List       { return List{p.Mechanism, p.Response} }
func (p SASLOutcome) list() List    { return List{p.Code} }

// AppendPerformative appends a performative to dst.
func AppendPerformative(dst []byte, p Performative) []byte {
	return Append(dst, Described{p.code(), p.list()})
}

// value returns the error as an AMQP value, nil for a nil error.
func (e *Error) value() any {
	if e == nil {
		return nil
	}
	return Described{uint64(0x1d), List{e.Condition, orNull(e.Description), mapOrNull(e.Info)}}
}

// opt is null for a field that is absent.
func opt[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// orNull is null for a field with its zero value.
func orNull[T comparable](v T) any {
	if v == *new(T) {
		return nil
	}
	return v
}

func mapOrNull(m Map) any {
	if m == nil {
		return nil
	}
	return m
}
