package setting

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// BaseURL parses the base URL of a service as an operator wrote it. The scheme
// may be omitted. It is https; http is allowed on this machine only, because a
// key would be sent unencrypted. Errors contain no part of the text.
func BaseURL(raw string) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	given := strings.Contains(raw, "://")
	if !given {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("not a URL")
	}
	local := Local(u.Hostname())
	if !given && local {
		u.Scheme = "http"
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must have no user, query or fragment")
	case u.Scheme == "http" && !local:
		return nil, errors.New("http is allowed for this machine only: the key would travel in the clear")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must be an https URL")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}, nil
}

// Local reports whether a host is this machine.
func Local(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// Reachable returns where this machine itself reaches what listens on an
// address: on the loopback address where it listens on all.
func Reachable(listens string) string {
	addr, err := netip.ParseAddrPort(listens)
	if err != nil || !addr.Addr().IsUnspecified() {
		return listens
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port()).String()
}
