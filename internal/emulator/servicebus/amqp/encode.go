package amqp

import (
	"encoding/binary"
	"math"
)

// Append appends the encoding of a value to dst. It panics on a Go type that
// stands for no AMQP type, which only a mistake in the program can bring.
func Append(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, codeNull)
	case bool:
		if v {
			return append(dst, codeTrue)
		}
		return append(dst, codeFalse)
	case uint32:
		switch {
		case v == 0:
			return append(dst, codeUint0)
		case v <= math.MaxUint8:
			return append(dst, codeSmallUint, byte(v))
		}
	case uint64:
		switch {
		case v == 0:
			return append(dst, codeUlong0)
		case v <= math.MaxUint8:
			return append(dst, codeSmallUlong, byte(v))
		}
	case int32:
		if v == int32(int8(v)) {
			return append(dst, codeSmallInt, byte(v))
		}
	case int64:
		if v == int64(int8(v)) {
			return append(dst, codeSmallLong, byte(v))
		}
	case []byte:
		if len(v) <= math.MaxUint8 {
			return append(append(dst, codeBin8, byte(len(v))), v...)
		}
	case string:
		if len(v) <= math.MaxUint8 {
			return append(append(dst, codeStr8, byte(len(v))), v...)
		}
	case Symbol:
		if len(v) <= math.MaxUint8 {
			return append(append(dst, codeSym8, byte(len(v))), v...)
		}
	case List:
		if len(v) == 0 {
			return append(dst, codeList0)
		}
		return appendCompound(dst, codeList8, len(v), func(dst []byte) []byte { return appendItems(dst, v) })
	case Map:
		return appendCompound(dst, codeMap8, 2*len(v), func(dst []byte) []byte { return appendPairs(dst, v) })
	case Array:
		return appendCompound(dst, codeArray8, len(v.Items), func(dst []byte) []byte { return appendArray(dst, v) })
	case Described:
		dst = Append(append(dst, codeDescribed), v.Descriptor)
		return Append(dst, v.Value)
	}
	code := codeOf(v)
	return appendAs(append(dst, code), code, v)
}

// codeOf returns the constructor of full width of a value's type.
func codeOf(v any) byte {
	switch v.(type) {
	case uint8:
		return codeUbyte
	case int8:
		return codeByte
	case uint16:
		return codeUshort
	case int16:
		return codeShort
	case uint32:
		return codeUint
	case int32:
		return codeInt
	case uint64:
		return codeUlong
	case int64:
		return codeLong
	case float32:
		return codeFloat
	case float64:
		return codeDouble
	case Char:
		return codeChar
	case Timestamp:
		return codeTimestamp
	case UUID:
		return codeUUID
	case Decimal32:
		return codeDecimal32
	case Decimal64:
		return codeDecimal64
	case Decimal128:
		return codeDecimal128
	case []byte:
		return codeBin32
	case string:
		return codeStr32
	case Symbol:
		return codeSym32
	}
	panic("amqp: no AMQP type for this Go value")
}

// appendAs appends what follows the constructor code for the value v.
func appendAs(dst []byte, code byte, v any) []byte {
	be := binary.BigEndian
	switch v := v.(type) {
	case nil:
		return dst
	case bool:
		if code != codeBool {
			return dst
		}
		if v {
			return append(dst, 1)
		}
		return append(dst, 0)
	case uint8:
		return append(dst, v)
	case int8:
		return append(dst, byte(v))
	case uint16:
		return be.AppendUint16(dst, v)
	case int16:
		return be.AppendUint16(dst, uint16(v))
	case uint32:
		return appendInteger(dst, code, uint64(v))
	case int32:
		return appendInteger(dst, code, uint64(v))
	case uint64:
		return appendInteger(dst, code, v)
	case int64:
		return appendInteger(dst, code, uint64(v))
	case float32:
		return be.AppendUint32(dst, math.Float32bits(v))
	case float64:
		return be.AppendUint64(dst, math.Float64bits(v))
	case Char:
		return be.AppendUint32(dst, uint32(v))
	case Timestamp:
		return be.AppendUint64(dst, uint64(v))
	case UUID:
		return append(dst, v[:]...)
	case Decimal32:
		return append(dst, v[:]...)
	case Decimal64:
		return append(dst, v[:]...)
	case Decimal128:
		return append(dst, v[:]...)
	case []byte:
		return append(be.AppendUint32(dst, uint32(len(v))), v...)
	case string:
		return append(be.AppendUint32(dst, uint32(len(v))), v...)
	case Symbol:
		return append(be.AppendUint32(dst, uint32(len(v))), v...)
	case List:
		return appendWide(dst, len(v), func(dst []byte) []byte { return appendItems(dst, v) })
	case Map:
		return appendWide(dst, 2*len(v), func(dst []byte) []byte { return appendPairs(dst, v) })
	case Array:
		return appendWide(dst, len(v.Items), func(dst []byte) []byte { return appendArray(dst, v) })
	case Described:
		dst = Append(dst, v.Descriptor)
		return Append(dst, v.Value)
	}
	panic("amqp: no AMQP type for this Go value")
}

// appendInteger appends an integer in the width of its constructor.
func appendInteger(dst []byte, code byte, v uint64) []byte {
	switch code >> 4 {
	case 0x4:
		return dst
	case 0x5:
		return append(dst, byte(v))
	case 0x7:
		return binary.BigEndian.AppendUint32(dst, uint32(v))
	}
	return binary.BigEndian.AppendUint64(dst, v)
}

func appendItems(dst []byte, l List) []byte {
	for _, item := range l {
		dst = Append(dst, item)
	}
	return dst
}

func appendPairs(dst []byte, m Map) []byte {
	for _, p := range m {
		dst = Append(Append(dst, p.Key), p.Value)
	}
	return dst
}

func appendArray(dst []byte, a Array) []byte {
	if a.Descriptor != nil {
		dst = Append(append(dst, codeDescribed), a.Descriptor)
	}
	code := wide(a.Code)
	dst = append(dst, code)
	for _, item := range a.Items {
		dst = appendAs(dst, code, item)
	}
	return dst
}

// wide returns the constructor with 32-bit sizes of one with 8-bit sizes, so
// that an item of an array always fits.
func wide(code byte) byte {
	switch code {
	case codeBin8, codeStr8, codeSym8, codeList8, codeMap8, codeArray8:
		return code + 0x10
	case codeList0:
		return codeList32
	case 0: // the zero Array
		return codeNull
	}
	return code
}

// appendCompound appends a list, map or array with its constructor, in the
// narrow form if it fits.
func appendCompound(dst []byte, narrow byte, count int, body func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, narrow, 0, byte(count))
	dst = body(dst)
	size := len(dst) - start - 2
	if size <= math.MaxUint8 && count <= math.MaxUint8 {
		dst[start+1] = byte(size)
		return dst
	}
	dst = append(dst, 0, 0, 0, 0, 0, 0)
	copy(dst[start+9:], dst[start+3:])
	dst[start] = narrow + 0x10
	binary.BigEndian.PutUint32(dst[start+1:], uint32(size+3))
	binary.BigEndian.PutUint32(dst[start+5:], uint32(count))
	return dst
}

// appendWide appends size, count and body with 32-bit sizes.
func appendWide(dst []byte, count int, body func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = body(binary.BigEndian.AppendUint32(dst, uint32(count)))
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}
