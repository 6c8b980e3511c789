package message_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

// fixtures yields every message file that package failure is tested with.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	dir := os.DirFS("../failure/testdata")
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
