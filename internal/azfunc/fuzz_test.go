package azfunc

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordings returns the requests of a real host below testdata/host, by path.
func recordings(t testing.TB) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	root := os.DirFS("testdata/host")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".http" {
			all[path], err = fs.ReadFile(root, path)
		}
		return err
	})
	if err != nil || len(all) < 30 {
		t.Fatalf("found %d recordings, error %v", len(all), err)
	}
	return all
}

// envelopeOf returns the body of a recording.
func envelopeOf(t testing.TB, recording []byte) []byte {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(recording)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func seed(f *testing.F, folder string) {
	for path, recording := range recordings(f) {
		if strings.HasPrefix(path, folder) {
			f.Add(envelopeOf(f, recording))
		}
	}
	f.Add([]byte(`{"Data":{"m":"\"\""},"Metadata":{"RetryContext":{}}}`))
	f.Add([]byte(`{"Data":{"m":[-0.5e+7,"\ud83d\u00`))
}

func FuzzMessage(f *testing.F) {
	seed(f, "servicebus/")
	seed(f, "timer/")
	f.Fuzz(func(t *testing.T, b []byte) {
		given := bytes.Clone(b)
		messages, err := decodeMessages(given)
		if err != nil {
			if !errors.Is(err, errMalformed) {
				t.Errorf("refused with %v, want a malformed request", err)
			}
			return
		}
		if !json.Valid(b) {
			t.Errorf("accepted %q", b)
		}
		before, err := json.Marshal(messages)
		if err != nil {
			t.Fatal(err)
		}
		clear(given) // its buffer serves another request now
		after, err := json.Marshal(messages)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			t.Errorf("messages changed with the buffer: %s, %s", before, after)
		}
	})
}
