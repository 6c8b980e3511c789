// Package certificate makes the TLS certificate of the Service Bus emulator: it
// is self-signed, for this machine's own names, and good for a year. Clients
// have to be told to trust it.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	certificateFile = "certificate.pem"
	keyFile         = "key.pem"
	lasting         = 365 * 24 * time.Hour
	rest            = 30 * 24 * time.Hour // that is left when a new one is made
)

// In returns the certificate in a folder, and the file that clients are given
// to trust. It makes them, and the folder, unless they are there and good for
// another 30 days, so that a client needs to be told once.
func In(folder string) (cert tls.Certificate, file string, err error) {
	file, key := filepath.Join(folder, certificateFile), filepath.Join(folder, keyFile)
	cert, err = tls.LoadX509KeyPair(file, key)
	if err == nil && time.Until(cert.Leaf.NotAfter) > rest {
		return cert, file, nil
	}
	certPEM, keyPEM, err := generate(time.Now())
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(key, keyPEM, 0o600)
	}
	if err == nil {
		err = os.WriteFile(file, certPEM, 0o644) //nolint:gosec // it is there to be read
	}
	if err == nil {
		cert, err = tls.X509KeyPair(certPEM, keyPEM)
	}
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a TLS certificate in %s: %w", folder, err)
	}
	return cert, file, nil
}

// generate makes a certificate and its key, both in PEM.
func generate(now time.Time) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Busbell emulator"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lasting),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, // trust stores want an authority
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), nil
}
