package failure

import "github.com/busbell/busbell/internal/message"

// plain reads a dead letter of the plain SDK or of Azure Functions: what the
// application said when it dead-lettered, or the broker's reason, which never
// holds an exception. Nobody says which handler it was.
func (r *Reader) plain(m *message.Message, f *Failure) {
	r.described(m, f)
}
