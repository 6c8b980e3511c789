package busbell

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What a host without a clone runs is what lies in the clone, but for the
// program that it starts.
func TestUnpackedIsWhatLiesHere(t *testing.T) {
	folder := t.TempDir()
	if err := Unpack(folder, "/usr/local/bin/busbell", "handler"); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Glob("*/function.json")
	if err != nil || len(here) == 0 {
		t.Fatal(here, err)
	}
	for _, name := range append(here, "busbell.yaml") {
		if got, want := read(t, filepath.Join(folder, name)), read(t, name); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
	count := 0
	if err := fs.WalkDir(os.DirFS(folder), ".", func(_ string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			count++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if want := len(here) + 2; count != want {
		t.Errorf("%d files were unpacked, want %d", count, want)
	}

	got, want := host(t, filepath.Join(folder, "host.json")), host(t, "host.json")
	want["customHandler"].(map[string]any)["description"] = map[string]any{
		"defaultExecutablePath": "/usr/local/bin/busbell", "arguments": []any{"handler"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("host.json is %v, want %v", got, want)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func host(t *testing.T, name string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(read(t, name)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
