package setting

import "log/slog"

// A Secret never prints: not with %v or %#v, not in a log, not as JSON. Convert it
// to a string where it is sent, and nowhere else.
type Secret string

const hidden = "[secret]"

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
