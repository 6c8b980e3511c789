package amqp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// maxDepth is how deep values may be nested in each other.
const maxDepth = 32

var (
	errShort = errors.New("value ends early")
	errDeep  = errors.New("values nested too deeply")
	errCount = errors.New("more elements than bytes")
	errUTF8  = errors.New("string is not UTF-8")
)

// Decode decodes the first value of b and returns the bytes after it. The
// value shares no memory with b.
func Decode(b []byte) (v any, rest []byte, err error) {
	d := decoder{b: b}
	v, err = d.value(0)
	return v, d.b, err
}

// Skip checks the first value of b and returns the bytes after it.
func Skip(b []byte) (rest []byte, err error) {
	d := decoder{b: b, dry: true}
	_, err = d.value(0)
	return d.b, err
}

// A decoder takes values off the front of b.
type decoder struct {
	b   []byte
	dry bool // check only
}

func (d *decoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.b) {
		return nil, errShort
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

func (d *decoder) value(depth int) (any, error) {
	c, err := d.take(1)
	if err != nil {
		return nil, err
	}
	if c[0] != codeDescribed {
		return d.body(c[0], depth)
	}
	if depth >= maxDepth {
		return nil, errDeep
	}
	descriptor, err := d.value(depth + 1)
	if err != nil {
		return nil, err
	}
	v, err := d.value(depth + 1)
	return Described{descriptor, v}, err
}

// body decodes what follows a constructor.
func (d *decoder) body(code byte, depth int) (any, error) {
	switch code >> 4 {
	case 0x4, 0x5, 0x6, 0x7, 0x8, 0x9:
		return d.fixed(code)
	case 0xa, 0xb:
		return d.variable(code)
	case 0xc, 0xd, 0xe, 0xf:
		return d.compound(code, depth)
	}
	return nil, fmt.Errorf("unknown constructor 0x%02x", code)
}

func (d *decoder) fixed(code byte) (any, error) {
	width := 0
	if code >= 0x50 {
		width = 1 << (code>>4 - 5)
	}
	b, err := d.take(width)
	if err != nil {
		return nil, err
	}
	be := binary.BigEndian
	switch code {
	case codeNull:
		return nil, nil
	case codeTrue:
		return true, nil
	case codeFalse:
		return false, nil
	case codeUint0:
		return uint32(0), nil
	case codeUlong0:
		return uint64(0), nil
	case codeList0:
		return List{}, nil
	case codeUbyte:
		return b[0], nil
	case codeByte:
		return int8(b[0]), nil
	case codeSmallUint:
		return uint32(b[0]), nil
	case codeSmallUlong:
		return uint64(b[0]), nil
	case codeSmallInt:
		return int32(int8(b[0])), nil
	case codeSmallLong:
		return int64(int8(b[0])), nil
	case codeBool:
		return b[0] != 0, nil
	case codeUshort:
		return be.Uint16(b), nil
	case codeShort:
		return int16(be.Uint16(b)), nil
	case codeUint:
		return be.Uint32(b), nil
	case codeInt:
		return int32(be.Uint32(b)), nil
	case codeFloat:
		return math.Float32frombits(be.Uint32(b)), nil
	case codeChar:
		return Char(be.Uint32(b)), nil
	case codeDecimal32:
		return Decimal32(b), nil
	case codeUlong:
		return be.Uint64(b), nil
	case codeLong:
		return int64(be.Uint64(b)), nil
	case codeDouble:
		return math.Float64frombits(be.Uint64(b)), nil
	case codeTimestamp:
		return Timestamp(be.Uint64(b)), nil
	case codeDecimal64:
		return Decimal64(b), nil
	case codeDecimal128:
		return Decimal128(b), nil
	case codeUUID:
		return UUID(b), nil
	}
	return nil, fmt.Errorf("unknown constructor 0x%02x", code)
}

// size reads a size or count in the width of its constructor.
func (d *decoder) size(code byte) (int, error) {
	if code&0x10 == 0 { // 0xa, 0xc and 0xe are narrow
		b, err := d.take(1)
		if err != nil {
			return 0, err
		}
		return int(b[0]), nil
	}
	b, err := d.take(4)
	if err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(b)
	if n > math.MaxInt32 {
		return 0, errShort
	}
	return int(n), nil
}

func (d *decoder) variable(code byte) (any, error) {
	n, err := d.size(code)
	if err != nil {
		return nil, err
	}
	b, err := d.take(n)
	if err != nil {
		return nil, err
	}
	switch code {
	case codeBin8, codeBin32:
		if d.dry {
			return nil, nil
		}
		return append([]byte{}, b...), nil
	case codeStr8, codeStr32:
		if !utf8.Valid(b) {
			return nil, errUTF8
		}
		if d.dry {
			return nil, nil
		}
		return string(b), nil
	case codeSym8, codeSym32:
		if d.dry {
			return nil, nil
		}
		return Symbol(b), nil
	}
	return nil, fmt.Errorf("unknown constructor 0x%02x", code)
}
