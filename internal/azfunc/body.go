package azfunc

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// MaxBody is the longest body, in bytes, that a route reads; MaxPublicBody that
// of a route which anybody may call.
const (
	MaxBody       = 8 << 20
	MaxPublicBody = 1 << 20
)

const (
	bodyTimeout       = 30 * time.Second // to arrive in whole; the host is on this machine
	publicBodyTimeout = 3 * time.Second
	maxPublicBodies   = 4         // of each public route, at once
	maxPooled         = 256 << 10 // larger buffers are left to the garbage collector
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

// readBody reads the body of a request into b, at most limit bytes within a
// time. The declared length is used only to refuse a body that is too long: the
// host usually declares none.
func readBody(w http.ResponseWriter, r *http.Request, b *bytes.Buffer, limit int64, within time.Duration) error {
	tooLong := fmt.Errorf("%w %d MiB", errTooLong, limit>>20)
	if r.ContentLength > limit {
		return tooLong
	}
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(within)) // the writers of some tests have none
	_, err := b.ReadFrom(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return fmt.Errorf("%w: read the body: %w", errMalformed, err)
	}
	if int64(b.Len()) > limit {
		return tooLong
	}
	_ = conn.SetReadDeadline(time.Time{}) // a function may take longer
	return nil
}
