//go:build unix

package infra

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sums writes checksums as sha256sum does, each of another digit.
func sums(t *testing.T, files []string) string {
	t.Helper()
	var b strings.Builder
	for i, file := range files {
		fmt.Fprintf(&b, "%s  %s\n", strings.Repeat(fmt.Sprintf("%x", i), 64), file)
	}
	name := filepath.Join(t.TempDir(), "SHA256SUMS")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// released are the binaries of the command line that .ci/release builds.
var released = []string{
	"busbell-linux-amd64", "busbell-darwin-amd64", "busbell-windows-amd64.exe",
	"busbell-linux-arm64", "busbell-darwin-arm64", "busbell-windows-arm64.exe",
}

func TestPackageManagersGetWhatWasReleased(t *testing.T) {
	folder := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "../.ci/packages", "v1.2.3", sums(t, released), folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	formula, err := os.ReadFile(filepath.Join(folder, "Formula", "busbell.rb"))
	if err != nil {
		t.Fatal(err)
	}
	pairs := regexp.MustCompile(`url "https://github\.com/busbell/busbell/releases/download/v1\.2\.3/(\S+)"\n\s+sha256 "([0-9a-f]{64})"`)
	got := map[string]string{}
	for _, m := range pairs.FindAllStringSubmatch(string(formula), -1) {
		got[m[1]] = m[2][:1]
	}
	if want := map[string]string{"busbell-linux-amd64": "0", "busbell-darwin-amd64": "1", "busbell-linux-arm64": "3", "busbell-darwin-arm64": "4"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the formula has %v, want %v", got, want)
	}
	opened := regexp.MustCompile(`(?m)^ *(class|def|test do|on_\w+ do)\b`).FindAllString(string(formula), -1)
	closed := regexp.MustCompile(`(?m)^ *end$`).FindAllString(string(formula), -1)
	if len(opened) != len(closed) || !strings.Contains(string(formula), "\n  version \"1.2.3\"\n") {
		t.Errorf("%d blocks begin and %d end:\n%s", len(opened), len(closed), formula)
	}
	text, err := os.ReadFile(filepath.Join(folder, "bucket", "busbell.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Version, Bin string
		Architecture map[string]struct{ URL, Hash string }
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if intel, arm := manifest.Architecture["64bit"], manifest.Architecture["arm64"]; manifest.Version != "1.2.3" || manifest.Bin != "busbell.exe" ||
		!strings.HasSuffix(intel.URL, "/v1.2.3/busbell-windows-amd64.exe#/busbell.exe") || intel.Hash[0] != '2' ||
		!strings.HasSuffix(arm.URL, "/v1.2.3/busbell-windows-arm64.exe#/busbell.exe") || arm.Hash[0] != '5' {
		t.Errorf("the manifest is %+v", manifest)
	}
}

// A formula without a checksum would be installed without one.
func TestPackageManagersGetNothingThatWasNotReleased(t *testing.T) {
	for _, missing := range released {
		folder := t.TempDir()
		files := slices.DeleteFunc(slices.Clone(released), func(file string) bool { return file == missing })
		out, err := exec.CommandContext(t.Context(), "../.ci/packages", "v1.2.3", sums(t, files), folder).CombinedOutput()
		if left, _ := os.ReadDir(folder); err == nil || !strings.Contains(string(out), missing) || len(left) > 0 {
			t.Errorf("without %s: %v, %s, %v", missing, err, out, left)
		}
	}
}

// The image is of what was released, without root, and is the only place that
// opens the demo to other machines.
func TestTheImageRunsTheDemoWithoutRoot(t *testing.T) {
	text, err := fs.ReadFile(repository, "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nCOPY --chmod=755 busbell-linux-${TARGETARCH} ",
		"\nUSER nonroot\n",
		`CMD ["demo", "--allow-remote", "--addr", "0.0.0.0:9700"]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
	if !regexp.MustCompile(`(?m)^FROM gcr\.io/distroless/static-\w+:nonroot@sha256:[0-9a-f]{64}$`).Match(text) {
		t.Error("the image stands on something that can be moved")
	}
	release := workflows(t)[".github/workflows/release.yml"]
	for _, want := range []string{"--platform linux/amd64,linux/arm64", "subject-checksums: release/SHA256SUMS", "subject-digest: ${{ steps.image.outputs.digest }}", "--sbom=true"} {
		if !strings.Contains(release, want) {
			t.Errorf("the release workflow lacks %q", want)
		}
	}
}

// standInGo writes whatever file it is asked for.
const standInGo = `#!/usr/bin/env bash
while [ $# -gt 0 ]; do
	case $1 in -o | -output) echo "$2" >"$2" ;; esac
	shift
done
`

// Each binary that is released has its list of contents, everything has its
// checksum, and package managers find what they look for among it.
func TestReleasedFilesHaveContentsAndChecksums(t *testing.T) {
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip(err)
	}
	root, tools := t.TempDir(), t.TempDir()
	if err := os.CopyFS(filepath.Join(root, ".ci"), os.DirFS("../.ci")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tools, "go"), []byte(standInGo), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := exec.CommandContext(t.Context(), filepath.Join(root, ".ci", "release"), "v1.2.3", "sbom@v1").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(root, "release", "*"))
	if err != nil {
		t.Fatal(err)
	}
	checksums, err := os.ReadFile(filepath.Join(root, "release", "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	var binaries []string
	for _, file := range files {
		name := filepath.Base(file)
		if name != "SHA256SUMS" && !strings.Contains(string(checksums), "  "+name+"\n") {
			t.Errorf("%s has no checksum", name)
		}
		if name == "SHA256SUMS" || strings.HasSuffix(name, ".sbom.json") {
			continue
		}
		binaries = append(binaries, name)
		if !slices.Contains(files, file+".sbom.json") {
			t.Errorf("%s has no list of contents", name)
		}
	}
	want := append(slices.Clone(released), "handler-linux-amd64")
	slices.Sort(want)
	if !slices.Equal(binaries, want) {
		t.Errorf("released are %q, want %q", binaries, want)
	}
}
