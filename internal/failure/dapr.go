package failure

import "github.com/busbell/busbell/internal/message"

// dapr adds nothing to the broker's own reason and description, and nothing
// at all to a copy on a dead-letter topic.
func (r *Reader) dapr(m *message.Message, f *Failure) {
	r.described(m, f)
}
