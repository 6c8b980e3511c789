//go:build unix

package docs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The commands of a document are run from top to bottom, as somebody would
// who follows it.
func TestCommandsWork(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the handler")
	}
	for file, text := range documents(t) {
		var blocks []string
		for _, m := range fenced.FindAllStringSubmatch(text, -1) {
			if m[1] == "sh" {
				blocks = append(blocks, m[2])
			}
		}
		if len(blocks) > 0 {
			t.Run(filepath.Base(file), func(t *testing.T) { follow(t, blocks) })
		}
	}
}

func follow(t *testing.T, blocks []string) {
	root, tools := copyOf(t), standIns(t)
	for _, block := range blocks {
		cmd := exec.CommandContext(t.Context(), "bash", "-euc", block)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "CALLS="+filepath.Join(tools, "calls"))
		cmd.Stdin = strings.NewReader("xoxb-from-the-keyboard\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n%s", err, block, out)
		}
	}
	calls, err := os.ReadFile(filepath.Join(tools, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	for call := range strings.Lines(string(calls)) {
		if strings.HasPrefix(call, "func ") && call != "func azure functionapp publish the-AZURE_FUNCTION_NAME --custom in dist\n" {
			t.Errorf("called as %q", call)
		}
		if strings.Contains(call, "xoxb-from") && !strings.HasPrefix(call, "az keyvault secret set ") {
			t.Errorf("the token is an argument, for all to see: %q", call)
		}
	}
	if !bytes.Contains(calls, []byte("func azure functionapp publish")) {
		t.Errorf("nothing was published:\n%s", calls)
	}
}

// copyOf is a copy of what the repository holds, without what was built.
func copyOf(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{
		"Makefile", "host.json", "go.mod", "go.sum", "busbell.yaml", "docs", "infra", "handler", "internal",
	} {
		if out, err := exec.CommandContext(t.Context(), "cp", "-R", filepath.Join(repository, name), root).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	functions, err := filepath.Glob(filepath.Join(repository, "*", "function.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range functions {
		if err := os.CopyFS(filepath.Join(root, filepath.Base(filepath.Dir(file))), os.DirFS(filepath.Dir(file))); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// standIn notes how it was called, and refuses a template or a file of
// parameters that is not there.
const standIn = `#!/usr/bin/env bash
echo "$(basename "$0") $* in $(basename "$PWD")" >>"$CALLS"
for word in "$@"; do
	case $word in
	*.bicep | *.bicepparam) [ -f "$word" ] || { echo "there is no $word"; exit 1; } ;;
	esac
done
case "$(basename "$0") $1" in
"git clone") mkdir busbell ;;
"git describe") echo v1 ;;
esac
`

func standIns(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"az", "azd", "curl", "func", "git"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(standIn), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
