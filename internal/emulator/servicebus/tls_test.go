package servicebus

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"

	"github.com/busbell/busbell/internal/emulator/servicebus/certificate"
)

// trust reads the file that clients are given.
func trust(t *testing.T, file string) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s holds no certificate", file)
	}
	return &tls.Config{RootCAs: pool}
}

func TestBothAddressesTakeTLSToo(t *testing.T) {
	cert, file, err := certificate.In(filepath.Join(t.TempDir(), "new"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Certificate: &cert}
	for range 101 {
		cfg.Queues = append(cfg.Queues, Queue{Name: "q" + strings.Repeat("x", len(cfg.Queues))})
	}
	s := start(t, cfg)
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: trust(t, file)}}
	defer web.CloseIdleConnections()
	for _, addr := range []string{s.Addr(), s.AdminAddr(), strings.Replace(s.AdminAddr(), "127.0.0.1", "localhost", 1)} {
		secure := "Endpoint=sb://" + addr + ";SharedAccessKeyName=n;SharedAccessKey=k" // no emulator: https
		a, err := admin.NewClientFromConnectionString(secure, &admin.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: web}})
		if err != nil {
			t.Fatal(err)
		}
		if q, err := a.GetQueue(soon(t), "q", nil); err != nil || q == nil {
			t.Errorf("https on %s: %v, %v", addr, q, err)
		}
		p := readPage(t, web, "https://"+addr+"/$Resources/queues")
		if len(p.Titles) != 100 || len(p.Links) != 2 || !strings.HasPrefix(p.Links[1].Href, "https://"+addr+"/") {
			t.Errorf("%d entries, links %+v", len(p.Titles), p.Links)
		}
	}
	c, err := azservicebus.NewClientFromConnectionString("Endpoint=sb://localhost;SharedAccessKeyName=n;SharedAccessKey=k", &azservicebus.ClientOptions{
		CustomEndpoint: s.Addr(), TLSConfig: trust(t, file),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	send(t, c, "q", text("over TLS"))
	send(t, dial(t, s), "q", text("without"))
	if n, err := s.Counts("q"); err != nil || n.Active != 2 {
		t.Errorf("counts %+v, %v", n, err)
	}
	if a := administer(t, s.ConnectionString()); a != nil {
		if q, err := a.GetQueue(soon(t), "q", nil); err != nil || q == nil {
			t.Errorf("plain HTTP beside TLS: %v, %v", q, err)
		}
	}
}

// Somebody who speaks TLS to a server without it is cut off, and nobody else.
// A client only sees the end of the connection: the log says why.
func TestWithoutACertificateTLSIsNotAnswered(t *testing.T) {
	var log bytes.Buffer
	cfg := queues("q")
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := start(t, cfg)
	d := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	if conn, err := d.DialContext(soon(t), "tcp", s.Addr()); err == nil {
		_ = conn.Close()
		t.Error("it was answered")
	}
	send(t, dial(t, s), "q", text("x"))
	_ = s.Close() // nothing is logged after it
	if n := strings.Count(log.String(), "the client speaks TLS"); n != 1 {
		t.Errorf("told %d times: %s", n, log.String())
	}
}

func TestAClientThatDoesNotTrustTheCertificateIsLogged(t *testing.T) {
	cert, _, err := certificate.In(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	log := make(lines, 10)
	s := start(t, Config{Certificate: &cert, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	d := &tls.Dialer{Config: &tls.Config{RootCAs: x509.NewCertPool()}}
	if conn, err := d.DialContext(soon(t), "tcp", s.Addr()); err == nil {
		_ = conn.Close()
		t.Error("it was trusted")
	}
	select {
	case line := <-log:
		if !strings.Contains(line, "bad certificate") {
			t.Errorf("the log says %q", line)
		}
	case <-soon(t).Done():
		t.Error("the log says nothing")
	}
}
