package messagefile_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/message/messagefile"
)

// fixtures yields every message file that package failure is tested with.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	dir := os.DirFS("../../failure/testdata")
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		files[path], err = fs.ReadFile(dir, path)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("read fixtures: %d files, %v", len(files), err)
	}
	return files
}

func TestFilesComeBackAsTheyWere(t *testing.T) {
	for path, data := range fixtures(t) {
		f, err := messagefile.Decode(data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		out, err := f.Encode()
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		again, err := messagefile.Decode(out)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if diff := cmp.Diff(f, again); diff != "" {
			t.Errorf("%s: changed by writing and reading (-before +after):\n%s", path, diff)
		}
	}
}

func TestFileErrorsNameTheKey(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no message", `{"entity": "error"}`, `no "message"`},
		{"no JSON", `hello`, "message file"},
		{"wrong time", `{"message": {"enqueuedTime": "yesterday"}}`, "message.enqueuedTime"},
		{"wrong duration", `{"message": {"timeToLive": "2 weeks"}}`, "message.timeToLive"},
		{"bare number", `{"message": {"applicationProperties": {"a b": 3}}}`, `message.applicationProperties["a b"]`},
		{"unknown type", `{"message": {"applicationProperties": {"n": {"type": "int33", "value": 3}}}}`, `"int33"`},
		{"wrong value", `{"message": {"applicationProperties": {"n": {"type": "int32", "value": "3"}}}}`, "value"},
		{"wrong uuid", `{"message": {"applicationProperties": {"n": {"type": "uuid", "value": "3"}}}}`, "not a uuid"},
		{"wrong encoding", `{"message": {"body": {"encoding": "rot13", "value": "x"}}}`, "message.body"},
		{"wrong base64", `{"message": {"body": {"encoding": "base64", "value": "?"}}}`, "message.body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := messagefile.Decode([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("DecodeFile = %v, want an error with %s", err, tt.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range fixtures(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := messagefile.Decode(data)
		if err != nil {
			return
		}
		if _, err := file.Encode(); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
