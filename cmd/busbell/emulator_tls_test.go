package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The certificate is the same at each start, so that a client is told once.
func TestEmulatorTakesTLSWithACertificateThatStays(t *testing.T) {
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, t.TempDir())
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(cache, "busbell", "emulator", "certificate.pem")
	config := write(t, "bus.json", `{"UserConfig": {"Namespaces": [{"Queues": [{"Name": "orders"}]}]}}`)
	var certificates [2]string
	for i := range certificates {
		var stderr bytes.Buffer
		t.Run("start", func(t *testing.T) {
			settings := loggingEmulator(t, &stderr, "--config", config, "--tls")
			_, rest, _ := strings.Cut(settings["ServiceBus"], "sb://")
			addr, _, _ := strings.Cut(rest, ";")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			certificates[i] = string(text)
			if status := securely(t, text, "https://"+addr+"/orders"); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		})
		if !strings.Contains(stderr.String(), "TLS certificate, for clients to trust: "+file+"\n") {
			t.Errorf("it does not say where the certificate is: %s", stderr.String())
		}
	}
	if certificates[0] != certificates[1] {
		t.Error("another certificate at the second start")
	}
}

// securely asks for an address and trusts nothing but one certificate.
func securely(t *testing.T, certificate []byte, address string) int {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestEmulatorMakesEntitiesOnUse(t *testing.T) {
	config := write(t, "bus.json", `{"UserConfig": {"Namespaces": [{}]}}`)
	if !accepts(t, emulator(t, "--config", config, "--create-on-use"), "anything") {
		t.Error("a queue was not made")
	}
	if accepts(t, emulator(t, "--config", config), "anything") {
		t.Error("a queue was made that nobody asked for")
	}
}
