package certificate

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestACertificateStaysUntilItIsNearItsEnd(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	first, file, err := In(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := first.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	key := filepath.Join(folder, keyFile)
	if i, err := os.Stat(key); err != nil || i.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the key: %v, %v", i.Mode(), err)
	}
	again, _, err := In(folder)
	if err != nil || !bytes.Equal(again.Leaf.Raw, first.Leaf.Raw) {
		t.Errorf("another one at the second time: %v", err)
	}
	for name, spoil := range map[string]func() error{
		"old": func() error {
			cert, key, err := generate(time.Now().Add(rest - lasting - time.Hour))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, keyFile), key, 0o600); err != nil {
				return err
			}
			return os.WriteFile(file, cert, 0o600)
		},
		"torn":   func() error { return os.Truncate(file, 40) },
		"no key": func() error { return os.Remove(key) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		fresh, _, err := In(folder)
		if err != nil || bytes.Equal(fresh.Leaf.Raw, first.Leaf.Raw) || time.Until(fresh.Leaf.NotAfter) < 300*24*time.Hour {
			t.Errorf("%s: no new one: %v", name, err)
		}
	}
	if _, _, err := In(filepath.Join(file, "under a file")); err == nil {
		t.Error("a folder that cannot be made is no error")
	}
}
