package azfunc

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// MaxBody is the longest body, in bytes, that a route reads.
const MaxBody = 8 << 20

const (
	bodyTimeout = 30 * time.Second // to arrive in whole; the host is on this machine
	maxPooled   = 256 << 10        // larger buffers are left to the garbage collector
)

// bodies holds buffers for envelopes. What is decoded from one is copied, so
// that it may be used again.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func release(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		bodies.Put(b)
	}
}

// readBody fills b. The length that the request declares is only believed
// when it is too long: the host mostly declares none.
func readBody(w http.ResponseWriter, r *http.Request, b *bytes.Buffer) error {
	if r.ContentLength > MaxBody {
		return errTooLong
	}
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTimeout)) // not every test's writer has one
	_, err := b.ReadFrom(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return fmt.Errorf("%w: reading the body: %w", errMalformed, err)
	}
	if b.Len() > MaxBody {
		return errTooLong
	}
	_ = conn.SetReadDeadline(time.Time{}) // a function may take longer
	return nil
}
