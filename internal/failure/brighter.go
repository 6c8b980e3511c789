package failure

import "github.com/busbell/busbell/internal/message"

// brighter has no headers for a failure: the dead letter's reason is one of
// Brighter's own words, the description a sentence of its pump.
func (r *Reader) brighter(m *message.Message, f *Failure) {
	r.described(m, f)
}
