package functions

import (
	"fmt"
	"strings"
)

// A route is the path of an HTTP function, cut at its slashes: literals,
// which match in any case, {name}, and {*name} for all the rest.
type route []string

func parseRoute(path string) (route, error) {
	r := route(strings.Split(strings.Trim(path, "/"), "/"))
	for i, part := range r {
		switch {
		case strings.HasPrefix(part, "{*") && strings.HasSuffix(part, "}"):
			if i != len(r)-1 {
				return nil, fmt.Errorf("route %q: only its last part may be %s", path, part)
			}
		case strings.HasPrefix(part, "{") && strings.HasSuffix(part, "}"):
			if strings.ContainsAny(part, ":?=") {
				return nil, fmt.Errorf("route %q: constraints, defaults and optional parts are not emulated", path)
			}
		case part == "" || strings.ContainsAny(part, "{}"):
			return nil, fmt.Errorf("route %q cannot be read", path)
		}
	}
	return r, nil
}

// matches reports whether a request for path is for this route.
func (r route) matches(path string) bool {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	for i, want := range r {
		if strings.HasPrefix(want, "{*") {
			return true
		}
		if i >= len(parts) {
			return false
		}
		if strings.HasPrefix(want, "{") {
			if parts[i] == "" {
				return false
			}
			continue
		}
		if !strings.EqualFold(want, parts[i]) {
			return false
		}
	}
	return len(parts) == len(r)
}
