package messagefile

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/message"
)

// typed is a property that is no string: {"type": "int32", "value": 3}.
type typed struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

func decodeProperty(raw json.RawMessage) (any, error) {
	switch first := strings.TrimSpace(string(raw[:1])); first {
	case "n":
		return nil, nil // an AMQP null
	case `"`:
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case "{":
	default:
		return nil, errors.New(`neither a string, null nor {"type": …, "value": …}`)
	}
	var p typed
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	decode, ok := decoders[p.Type]
	if !ok {
		return nil, fmt.Errorf("type %q is not one of int32, int64, double, bool, datetime, uuid, binary and the other numbers of the wire", p.Type)
	}
	v, err := decode(p.Value)
	if err != nil {
		return nil, fmt.Errorf("value: %w", err)
	}
	return v, nil
}

var decoders = map[string]func(json.RawMessage) (any, error){
	"int8": as[int8], "int16": as[int16], "int32": as[int32], "int64": as[int64],
	"uint8": as[uint8], "uint16": as[uint16], "uint32": as[uint32], "uint64": as[uint64],
	"float": as[float32], "double": as[float64], "bool": as[bool], "string": as[string], "binary": as[[]byte],
	"datetime": func(raw json.RawMessage) (any, error) {
		var ms int64
		if err := json.Unmarshal(raw, &ms); err == nil {
			return time.UnixMilli(ms).UTC(), nil
		}
		var t time.Time
		err := json.Unmarshal(raw, &t)
		return t.UTC(), err
	},
	"uuid": func(raw json.RawMessage) (any, error) {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return parseUUID(s)
	},
}

func as[T any](raw json.RawMessage) (any, error) {
	var v T
	err := json.Unmarshal(raw, &v)
	return v, err
}

func encodeProperty(v any) (json.RawMessage, error) {
	name := ""
	switch v := v.(type) {
	case nil, string:
		return json.Marshal(v)
	case int8:
		name = "int8"
	case int16:
		name = "int16"
	case int32:
		name = "int32"
	case int64:
		name = "int64"
	case uint8:
		name = "uint8"
	case uint16:
		name = "uint16"
	case uint32:
		name = "uint32"
	case uint64:
		name = "uint64"
	case float32:
		name = "float"
	case float64:
		name = "double"
	case bool:
		name = "bool"
	case []byte:
		name = "binary"
	case time.Time:
		if raw, err := tagged("datetime", v.UTC()); err == nil {
			return raw, nil
		}
		return tagged("datetime", v.UnixMilli()) // as on the wire: JSON has no form for its year
	case message.UUID:
		return tagged("uuid", v.String())
	default:
		return nil, fmt.Errorf("a %T has no form in a message file", v)
	}
	return tagged(name, v)
}

func tagged(name string, v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(typed{name, raw})
}

func parseUUID(s string) (message.UUID, error) {
	var u message.UUID
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != len(u) {
		return u, errors.New("not a uuid")
	}
	copy(u[:], b)
	return u, nil
}
