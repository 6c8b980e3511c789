package setting

import "log/slog"

// A Secret never prints itself: not with %v or %#v, not in a log, not as
// JSON. Convert it to a string at the one place that sends it.
type Secret string

const hidden = "[secret]"

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
