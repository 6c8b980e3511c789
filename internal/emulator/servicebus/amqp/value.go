// Package amqp reads and writes AMQP 1.0 for a server: values, frames,
// performatives and the sections of a message.
//
// A value that was decoded encodes to the same type again, so nothing is lost
// between a sender and a receiver; only widths may become smaller. A message
// is cut into its encoded sections, and its body is never looked into. Every
// decoder accepts any bytes: it returns an error or a value, in time and
// memory proportional to the input, and never panics.
package amqp

// The Go types of AMQP values:
//
//	null      nil            boolean  bool
//	ubyte     uint8          byte     int8
//	ushort    uint16         short    int16
//	uint      uint32         int      int32
//	ulong     uint64         long     int64
//	float     float32        double   float64
//	string    string         symbol   Symbol
//	binary    []byte         uuid     UUID
//	timestamp Timestamp      char     Char
//	list      List           map      Map
//	array     Array          described Described
//
// and Decimal32, Decimal64 and Decimal128, which are carried as bytes.

// A Symbol is a name out of a limited set, such as a key of an annotation.
type Symbol string

// A Timestamp is milliseconds since 1970 in UTC.
type Timestamp int64

// A UUID is sixteen bytes in the order of RFC 4122.
type UUID [16]byte

// A Char is one Unicode character.
type Char uint32

// A Decimal32 keeps its bytes as they came.
type Decimal32 [4]byte

// A Decimal64 keeps its bytes as they came.
type Decimal64 [8]byte

// A Decimal128 keeps its bytes as they came.
type Decimal128 [16]byte

// A List is an AMQP list: values of any type.
type List []any

// A Map is an AMQP map in the order it was written.
type Map []Pair

// A Pair is one entry of a [Map].
type Pair struct{ Key, Value any }

// Get returns the value under a key that is the string or the symbol given,
// or nil.
func (m Map) Get(key string) any {
	for _, p := range m {
		switch k := p.Key.(type) {
		case string:
			if k == key {
				return p.Value
			}
		case Symbol:
			if string(k) == key {
				return p.Value
			}
		}
	}
	return nil
}

// An Array holds values that share one constructor. Its zero value is an
// empty array of nulls; [ArrayOf] makes the usual ones.
type Array struct {
	Descriptor any  // of every item; nil for most arrays
	Code       byte // the items' constructor
	Items      []any
}

// ArrayOf returns an array of items, which must be of one of the types below.
func ArrayOf[T UUID | Timestamp | Symbol | string | int64](items ...T) Array {
	a := Array{Items: make([]any, len(items))}
	switch any(*new(T)).(type) {
	case UUID:
		a.Code = codeUUID
	case Timestamp:
		a.Code = codeTimestamp
	case Symbol:
		a.Code = codeSym32
	case string:
		a.Code = codeStr32
	default:
		a.Code = codeLong
	}
	for i, item := range items {
		a.Items[i] = item
	}
	return a
}

// A Described value is a value and what it stands for.
type Described struct{ Descriptor, Value any }

// Constructors, AMQP 1.0 part 1, section 1.6.
const (
	codeDescribed  = 0x00
	codeNull       = 0x40
	codeTrue       = 0x41
	codeFalse      = 0x42
	codeUint0      = 0x43
	codeUlong0     = 0x44
	codeList0      = 0x45
	codeUbyte      = 0x50
	codeByte       = 0x51
	codeSmallUint  = 0x52
	codeSmallUlong = 0x53
	codeSmallInt   = 0x54
	codeSmallLong  = 0x55
	codeBool       = 0x56
	codeUshort     = 0x60
	codeShort      = 0x61
	codeUint       = 0x70
	codeInt        = 0x71
	codeFloat      = 0x72
	codeChar       = 0x73
	codeDecimal32  = 0x74
	codeUlong      = 0x80
	codeLong       = 0x81
	codeDouble     = 0x82
	codeTimestamp  = 0x83
	codeDecimal64  = 0x84
	codeDecimal128 = 0x94
	codeUUID       = 0x98
	codeBin8       = 0xa0
	codeStr8       = 0xa1
	codeSym8       = 0xa3
	codeBin32      = 0xb0
	codeStr32      = 0xb1
	codeSym32      = 0xb3
	codeList8      = 0xc0
	codeMap8       = 0xc1
	codeList32     = 0xd0
	codeMap32      = 0xd1
	codeArray8     = 0xe0
	codeArray32    = 0xf0
)
