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

// bodies holds buffers for envelopes. Decoding copies what it needs, so that a
// buffer can be used again.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func release(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		bodies.Put(b)
	}
}

// readBody reads the body of a request into b. The declared length is used only
// to refuse a body that is too long: the host usually declares none.
func readBody(w http.ResponseWriter, r *http.Request, b *bytes.Buffer) error {
	if r.ContentLength > MaxBody {
		return errTooLong
	}
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTimeout)) // the writers of some tests have none
	_, err := b.ReadFrom(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return fmt.Errorf("%w: read the body: %w", errMalformed, err)
	}
	if b.Len() > MaxBody {
		return errTooLong
	}
	_ = conn.SetReadDeadline(time.Time{}) // a function may take longer
	return nil
}
