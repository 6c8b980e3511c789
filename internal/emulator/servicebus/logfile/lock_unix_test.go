//go:build unix

package logfile

import (
	"path/filepath"
	"testing"
)

func TestOneProcessHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	f, _, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"at first", "after a rewrite"} {
		if _, _, err := Open(path, nil); err == nil {
			t.Errorf("%s it was opened twice", when)
		}
		if err := f.Rewrite(func(func([]byte) error) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close()
	frames(t, path)
}
