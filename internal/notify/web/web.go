// Package web has what the HTTP channels share: one attempt per call, errors without
// secrets, and text without invisible characters.
package web

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// CallTimeout bounds one call, unless a setting says otherwise.
const CallTimeout = 10 * time.Second

// dialTimeout is shorter, so that an unreachable service is recognised.
const dialTimeout = 5 * time.Second

// Transport returns next, or a new transport for nil.
func Transport(next http.RoundTripper) http.RoundTripper {
	if next != nil {
		return next
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     90 * time.Second,
	}
}

// Bounded passes each answer to read, and returns it with a body of at most
// limit bytes.
func Bounded(next http.RoundTripper, limit int64, read func(*http.Response)) http.RoundTripper {
	return bounded{next, limit, read}
}

type bounded struct {
	next  http.RoundTripper
	limit int64
	read  func(*http.Response)
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	b.read(resp)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, b.limit), resp.Body}
	return resp, nil
}

// NoRedirect is the CheckRedirect of a client whose requests contain a secret, which a
// redirect would pass on.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Unsent reports whether no connection was made, so nothing was sent.
func Unsent(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok && (e.Op == "dial" || e.Op == "proxyconnect") {
		return true
	}
	_, dns := errors.AsType[*net.DNSError](err)
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	return dns || cert
}

// Cause is err without the URL of the request, which may be a secret.
func Cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// Redact removes a secret from a text, in case a server or proxy has echoed it.
func Redact(secret, text string) string {
	if secret == "" {
		return text
	}
	return strings.NewReplacer(secret, "[secret]", url.QueryEscape(secret), "[secret]").Replace(text)
}

// Lines returns foreign lines without invisible characters. Each line ends with "\n",
// and tabs become spaces.
func Lines(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || Invisible(r)) {
			return -1
		}
		return r
	}, s)
}

// Invisible reports whether a rune is invisible or changes the direction of text:
// direction marks, zero-width characters, tags, private runes, and blanks that count
// as letters or symbols.
func Invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r)
}
