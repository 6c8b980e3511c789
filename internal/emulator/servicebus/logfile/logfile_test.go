package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// frames opens a log, returns what is in it, and closes it.
func frames(t *testing.T, path string) (found []string, cut int64) {
	t.Helper()
	f, cut, err := Open(path, func(frame []byte) error {
		found = append(found, string(frame))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return found, cut
}

// write makes a log with these frames.
func write(t *testing.T, path string, all ...string) {
	t.Helper()
	f, _, err := Open(path, func([]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for i, frame := range all {
		if err := f.Append([]byte(frame), i%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() != f.Size() {
		t.Errorf("%v, %v; want a size of %d", info, err, f.Size())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Wherever a file is cut, and whatever byte of its end is wrong, all frames
// before that place are there, and the file takes more.
func TestTornEndIsCutAndNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	all := []string{"one", string(make([]byte, 12)), "three"}
	write(t, path, all...)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{len(magic)}
	for _, frame := range all {
		ends = append(ends, ends[len(ends)-1]+headSize+len(frame))
	}
	for at := range whole {
		for name, torn := range map[string][]byte{
			"cut":     whole[:at],
			"changed": slices.Concat(whole[:at], []byte{whole[at] ^ 0x10}, whole[at+1:]),
			"zeros":   slices.Concat(whole[:at], make([]byte, len(whole)-at)),
		} {
			if name != "cut" && at < len(magic) || bytes.Equal(torn, whole) {
				continue
			}
			n := 0 // frames that end before the damage
			for n < len(all) && ends[n+1] <= at {
				n++
			}
			if name == "zeros" && bytes.Equal(torn[:ends[n+1]], whole[:ends[n+1]]) {
				continue // zeros where zeros were
			}
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			got, cut := frames(t, path)
			if !slices.Equal(got, all[:n]) || at >= len(magic) && cut != int64(len(torn)-ends[n]) {
				t.Fatalf("%s at %d: %d frames, %d bytes cut; want %d frames", name, at, len(got), cut, n)
			}
			if kept, err := os.ReadFile(CutPath(path)); cut > 0 && !bytes.Equal(kept, torn[ends[n]:]) {
				t.Fatalf("%s at %d: kept %d bytes of those that were cut, %v", name, at, len(kept), err)
			}
			write(t, path, "more")
			if got, _ := frames(t, path); !slices.Equal(got, append(slices.Clone(all[:n]), "more")) {
				t.Fatalf("%s at %d: afterwards there are %d frames", name, at, len(got))
			}
		}
	}
}

func TestOtherFilesStayAsTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "busbell.yaml")
	const text = "environment: production\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path, nil); err == nil {
		t.Error("it was opened")
	}
	if got, _ := os.ReadFile(path); string(got) != text {
		t.Errorf("it is now %q", got)
	}
}

func TestRewriteReplacesAllOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	write(t, path, "a", "b", "c")
	f, _, err := Open(path, func([]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err = f.Rewrite(func(add func([]byte) error) error {
		_ = add([]byte("x"))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("rewrite: %v", err)
	}
	if err := f.Append([]byte("d"), true); err != nil {
		t.Fatal(err)
	}
	err = f.Rewrite(func(add func([]byte) error) error {
		for i := range 3 {
			if err := add(fmt.Append(nil, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append([]byte("more"), false); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Size() != f.Size() {
		t.Errorf("size %d, want %d", f.Size(), info.Size())
	}
	_ = f.Close()
	if got, cut := frames(t, path); cut != 0 || !slices.Equal(got, []string{"0", "1", "2", "more"}) {
		t.Errorf("%q, %d bytes cut", got, cut)
	}
}
