package message

import (
	"bytes"
	"encoding/binary"
)

// What .NET's DataContractSerializer puts before a byte array or a string in
// binary XML ([MC-NBFX]): element, name, xmlns, name space. Old NServiceBus
// transports (wcf/byte-array) and WindowsAzure.ServiceBus send bodies so.
const serializationNS = "\x08\x33http://schemas.microsoft.com/2003/10/Serialization/"

var (
	wcfBytes  = []byte("@\x0cbase64Binary" + serializationNS)
	wcfString = []byte("@\x06string" + serializationNS)
)

// wcf is the content of a byte array or string in binary XML. It is false
// for every other body, and for one that is cut.
func wcf(b []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(b, wcfBytes)
	if !ok {
		if rest, ok = bytes.CutPrefix(b, wcfString); !ok {
			return nil, false
		}
	}
	var out []byte
	for len(rest) > 0 {
		record := rest[0]
		if record == 0x01 { // end of the element
			return out, true
		}
		text, after, ok := wcfText(rest)
		if !ok {
			return nil, false
		}
		out, rest = append(out, text...), after
		if record&1 == 1 { // a text record with the end of the element in it
			return out, true
		}
	}
	return nil, false
}

// wcfText reads one text record, of characters (0x98…) or bytes (0x9E…),
// whose length has one, two or four bytes.
func wcfText(b []byte) (text, rest []byte, ok bool) {
	var n, head int
	switch b[0] &^ 1 {
	case 0x98, 0x9e:
		head = 2
	case 0x9a, 0xa0:
		head = 3
	case 0x9c, 0xa2:
		head = 5
	default:
		return nil, nil, false
	}
	if len(b) < head {
		return nil, nil, false
	}
	switch head {
	case 2:
		n = int(b[1])
	case 3:
		n = int(binary.LittleEndian.Uint16(b[1:]))
	case 5:
		n = int(binary.LittleEndian.Uint32(b[1:]))
	}
	if n < 0 || n > len(b)-head {
		return nil, nil, false
	}
	return b[head : head+n], b[head+n:], true
}
