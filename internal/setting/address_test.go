package setting_test

import (
	"testing"

	"github.com/busbell/busbell/internal/setting"
)

func TestReachableIsAnAddressOfThisMachine(t *testing.T) {
	for listens, want := range map[string]string{
		"[::]:9700":      "127.0.0.1:9700",
		"0.0.0.0:9700":   "127.0.0.1:9700",
		"127.0.0.1:9700": "127.0.0.1:9700",
		"[::1]:9700":     "[::1]:9700",
		"192.0.2.1:80":   "192.0.2.1:80",
		"localhost:80":   "localhost:80",
	} {
		if got := setting.Reachable(listens); got != want {
			t.Errorf("what listens on %s is reached at %s, want %s", listens, got, want)
		}
	}
}
