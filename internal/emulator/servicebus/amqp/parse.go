package amqp

// ParseBody decodes the body of a frame: its performative, and the bytes
// after it, which share memory with body.
func ParseBody(body []byte) (Performative, []byte, error) {
	v, rest, err := Decode(body)
	if err != nil {
		return nil, nil, Errorf(DecodeError, "performative: %v", err)
	}
	d, _ := v.(Described)
	code, ok := d.Descriptor.(uint64)
	l, isList := d.Value.(List)
	if !ok || !isList {
		return nil, nil, Errorf(DecodeError, "frame does not start with a performative")
	}
	f := fields{list: l}
	p := f.performative(code)
	if p == nil {
		return nil, nil, Errorf(DecodeError, "unknown performative 0x%x", code)
	}
	if f.err != nil {
		return nil, nil, f.err
	}
	return p, rest, nil
}

func (f *fields) performative(code uint64) Performative {
	switch code {
	case 0x10:
		return Open{
			need[string](f, 0), val[string](f, 1, ""), val[uint32](f, 2, 0), val[uint16](f, 3, 65535),
			val[uint32](f, 4, 0), val[Map](f, 9, nil),
		}
	case 0x11:
		return Begin{
			maybe[uint16](f, 0), need[uint32](f, 1), need[uint32](f, 2), need[uint32](f, 3),
			val[uint32](f, 4, 1<<32-1),
		}
	case 0x12:
		return Attach{
			need[string](f, 0), need[uint32](f, 1), need[bool](f, 2), maybe[uint8](f, 3), maybe[uint8](f, 4),
			f.at(5), f.at(6), maybe[uint32](f, 9), val[uint64](f, 10, 0), val[Map](f, 13, nil),
		}
	case 0x13:
		return Flow{
			maybe[uint32](f, 0), need[uint32](f, 1), need[uint32](f, 2), need[uint32](f, 3),
			maybe[uint32](f, 4), maybe[uint32](f, 5), maybe[uint32](f, 6),
			val[bool](f, 8, false), val[bool](f, 9, false),
		}
	case 0x14:
		return Transfer{
			need[uint32](f, 0), maybe[uint32](f, 1), val[[]byte](f, 2, nil), maybe[uint32](f, 3),
			val[bool](f, 4, false), val[bool](f, 5, false), f.at(7), val[bool](f, 9, false),
		}
	case 0x15:
		return Disposition{
			need[bool](f, 0), need[uint32](f, 1), maybe[uint32](f, 2),
			val[bool](f, 3, false), f.at(4),
		}
	case 0x16:
		return Detach{need[uint32](f, 0), val[bool](f, 1, false), f.error(2)}
	case 0x17:
		return End{f.error(0)}
	case 0x18:
		return Close{f.error(0)}
	case 0x40:
		return SASLMechanisms{f.symbols(0)}
	case 0x41:
		return SASLInit{need[Symbol](f, 0), val[[]byte](f, 1, nil)}
	case 0x44:
		return SASLOutcome{need[uint8](f, 0)}
	}
	return nil
}

// fields reads a performative's list and keeps the first mistake.
type fields struct {
	list List
	err  error
}

func (f *fields) at(i int) any {
	if i < len(f.list) {
		return f.list[i]
	}
	return nil
}

// maybe reads a field that may be absent.
func maybe[T any](f *fields, i int) *T {
	v := f.at(i)
	if v == nil {
		return nil
	}
	t, ok := v.(T)
	if !ok {
		if f.err == nil {
			f.err = Errorf(DecodeError, "field %d of a performative is a %T", i, v)
		}
		return nil
	}
	return &t
}

// val reads a field that has a default.
func val[T any](f *fields, i int, absent T) T {
	if p := maybe[T](f, i); p != nil {
		return *p
	}
	return absent
}

// need reads a field that must be there.
func need[T any](f *fields, i int) T {
	p := maybe[T](f, i)
	if p == nil {
		if f.err == nil {
			f.err = Errorf(DecodeError, "field %d of a performative is missing", i)
		}
		return *new(T)
	}
	return *p
}

// symbols reads one symbol or an array of them.
func (f *fields) symbols(i int) []Symbol {
	switch v := f.at(i).(type) {
	case Symbol:
		return []Symbol{v}
	case Array:
		var all []Symbol
		for _, item := range v.Items {
			if s, ok := item.(Symbol); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// error reads an error, leniently: who closes may say anything.
func (f *fields) error(i int) *Error {
	d, ok := f.at(i).(Described)
	if !ok {
		return nil
	}
	l, ok := d.Value.(List)
	if !ok {
		return nil
	}
	inner := fields{list: l}
	return &Error{val[Symbol](&inner, 0, ""), val[string](&inner, 1, ""), val[Map](&inner, 2, nil)}
}
