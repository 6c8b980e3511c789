package ledgertest

import (
	"io"
	"net/http"
	"net/http/httptest"
)

// A Direct reaches a service without a socket, so that the time of a test can
// stand still. A service that panics has cut the connection.
type Direct struct{ Service http.Handler }

// RoundTrip makes a Direct an http.RoundTripper.
func (d Direct) RoundTrip(r *http.Request) (*http.Response, error) {
	type result struct {
		answer *http.Response
		err    error
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- result{nil, io.ErrUnexpectedEOF}
			}
		}()
		recorder := httptest.NewRecorder()
		d.Service.ServeHTTP(recorder, r)
		done <- result{recorder.Result(), nil}
	}()
	select {
	case got := <-done:
		return got.answer, got.err
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	}
}

// Do makes a Direct the transport of an Azure client.
func (d Direct) Do(r *http.Request) (*http.Response, error) { return d.RoundTrip(r) }
