package control

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/busbell/busbell/internal/setting"
)

// Local lets a request through to h only if it names this machine's loopback
// address and does not come from a web page of another origin.
//
// The name is checked because a page's own host name can be pointed at
// 127.0.0.1 after it was loaded: to the browser that is the same origin.
func Local(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := refusal(r); why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func refusal(r *http.Request) string {
	if !loopback(r.Host) {
		return "this page is only shown at a loopback address, such as 127.0.0.1 or localhost"
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return "requests from other sites are refused"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return "requests from other origins are refused"
		}
	}
	return ""
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return setting.Local(strings.Trim(host, "[]"))
}
