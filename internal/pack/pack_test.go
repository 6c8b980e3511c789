package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	goodHost   = `{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"bin/handler"}}}`
	goodConfig = "environment: production\nwatch:\n  sources:\n    - queue: error\n"
)

// project writes files, named by their path, as a small project of its own.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func good() map[string]string {
	return map[string]string{
		"host.json":                         goodHost,
		"busbell.yaml":                      goodConfig,
		"local.settings.json":               `{"Values":{"SLACK_BOT_TOKEN":"xoxb-local"}}`,
		"ErrorQueueTimer/function.json":     `{}`,
		"FeatureEventTrigger/function.json": `{}`,
		"handler/main.go":                   "package main\n",
		"README.md":                         "read me\n",
	}
}

// fakeBuild stands for the compiler, which takes long.
func fakeBuild(path string) error { return os.WriteFile(path, []byte("program"), 0o755) }

func packAll(root string) error {
	_, err := pack(root, filepath.Join(root, "busbell.yaml"), fakeBuild)
	return err
}

func TestWhatIsWantedIsPublishedAndNothingElse(t *testing.T) {
	files := good()
	files["dist/old/left-over"] = "from an earlier run"
	root := project(t, files)
	if err := packAll(root); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ErrorQueueTimer/function.json", "FeatureEventTrigger/function.json", "NOTICES.txt",
		"bin/handler", "busbell.yaml", "host.json",
	}
	var lies []string
	err := fs.WalkDir(os.DirFS(filepath.Join(root, "dist")), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			lies = append(lies, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(lies, want) {
		t.Errorf("dist holds %q, want %q", lies, want)
	}
	var zipped []string
	for _, f := range openZip(t, root).File {
		zipped = append(zipped, f.Name)
	}
	if !slices.Equal(zipped, want) {
		t.Errorf("dist.zip holds %q, want %q", zipped, want)
	}
}

func openZip(t *testing.T, root string) *zip.ReadCloser {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join(root, "dist.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	})
	return z
}

func TestExactlyTheHandlerIsExecutable(t *testing.T) {
	root := project(t, good())
	if err := packAll(root); err != nil {
		t.Fatal(err)
	}
	for _, f := range openZip(t, root).File {
		if got, want := f.Mode()&0o111 != 0, f.Name == "bin/handler"; got != want {
			t.Errorf("%s: executable is %v, want %v", f.Name, got, want)
		}
	}
}

func TestTwoRunsGiveTheSameBytes(t *testing.T) {
	var zips [2][]byte
	for i := range zips {
		root := project(t, good())
		if err := packAll(root); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(root, "dist.zip"))
		if err != nil {
			t.Fatal(err)
		}
		zips[i] = text
	}
	if !bytes.Equal(zips[0], zips[1]) {
		t.Error("two runs on the same files gave different bytes")
	}
}

func TestWhatWouldFailAfterPublishingFailsHere(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string // the file that differs from a good project; no text: it is missing
		want             string
	}{
		{"handler elsewhere", "host.json", strings.Replace(goodHost, "bin/handler", "handler", 1), `"handler"; write "bin/handler"`},
		{"path with a dot", "host.json", strings.Replace(goodHost, "bin/", "./bin/", 1), `"./bin/handler"; write "bin/handler"`},
		{"no executable", "host.json", `{"version":"2.0"}`, `is ""; write "bin/handler"`},
		{"host.json is no JSON", "host.json", `{"version"`, "host.json: "},
		{"no host.json", "host.json", "", "host.json: "},
		{"the demo's configuration", "busbell.yaml", "environment: demo\n", "make package CONFIG="},
		{"configuration is no YAML", "busbell.yaml", "environment: [", "busbell.yaml: "},
		{"no configuration", "busbell.yaml", "", "make package CONFIG="},
		{"source beside function.json", "ErrorQueueTimer/run.go", "package x", "run.go would be published"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := good()
			files["dist.zip"] = "from an earlier run"
			files[tt.file] = tt.text
			if tt.text == "" {
				delete(files, tt.file)
			}
			root := project(t, files)
			err := packAll(root)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
			for _, left := range []string{"dist", "dist.zip"} {
				if _, err := os.Stat(filepath.Join(root, left)); err == nil {
					t.Errorf("there is a %s all the same", left)
				}
			}
		})
	}
}

func TestProjectWithoutFunctionsIsRefused(t *testing.T) {
	root := project(t, map[string]string{"host.json": goodHost, "busbell.yaml": goodConfig})
	if err := packAll(root); err == nil || !strings.Contains(err.Error(), "function.json") {
		t.Errorf("error = %v, want one that names function.json", err)
	}
}

func TestStrayFilesAreNamed(t *testing.T) {
	root := project(t, good())
	_, err := pack(root, filepath.Join(root, "busbell.yaml"), func(path string) error {
		if err := os.WriteFile(filepath.Join(root, "dist", "secrets.json"), nil, 0o600); err != nil {
			return err
		}
		return fakeBuild(path)
	})
	if err == nil || !strings.Contains(err.Error(), "secrets.json would be published") {
		t.Errorf("error = %v, want one that names secrets.json", err)
	}
}

// The files of this repository must be fit to publish, whatever is built.
func TestThisProjectCanBePacked(t *testing.T) {
	root := filepath.Join("..", "..")
	if _, err := gather(root, filepath.Join(root, "docs", "example", "busbell.yaml")); err != nil {
		t.Error(err)
	}
}
