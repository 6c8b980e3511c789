//go:build unix

package infra

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The stand-ins answer as Azure does: az with what was published and with the
// function's key, curl with what the handler says.
const (
	standInAz = `#!/usr/bin/env bash
case $* in
*"functionapp show"*) echo func-busbell.example ;;
*"function keys list"*) echo the-key ;;
*"function list"*) printf 'func-busbell/%s\n' $FUNCTIONS ;;
esac
`
	standInCurl = `#!/usr/bin/env bash
case $* in *the-key*) echo 'the key is an argument' >&2 ;; esac
grep -q 'x-functions-key: the-key' || { printf 401; exit; }
while [ "$1" != --output ]; do shift; done
printf '%s\n' '{"name":"config","ok":true}' '{"name":"source error","ok":false}' >"$2"
printf %s "$STATUS"
`
)

// A deployment is good when the handler says so, and not when some page of the
// host does.
func TestSmokeAsksTheHandler(t *testing.T) {
	tools := t.TempDir()
	for name, text := range map[string]string{"az": standInAz, "curl": standInCurl} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	folders, err := filepath.Glob("../*/function.json")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for i, f := range folders {
		folders[i] = filepath.Base(filepath.Dir(f))
	}
	for _, tt := range []struct {
		name, functions, status string
		good                    bool
		says, never             string
	}{
		{"all is well", strings.Join(folders, " "), "200", true, "all is well", "source error"},
		{"something is missing", strings.Join(folders, " "), "503", false, `"source error","ok":false`, `"config"`},
		{"the handler does not start", strings.Join(folders, " "), "502", false, "answers 502", "all is well"},
		{"a function is unknown", folders[0], "200", false, "answers none", "all is well"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "../.ci/smoke", "rg-busbell", "func-busbell", "0")
			cmd.Env = append(os.Environ(), "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"),
				"FUNCTIONS="+tt.functions, "STATUS="+tt.status)
			out, err := cmd.CombinedOutput()
			if said := string(out); (err == nil) != tt.good || !strings.Contains(said, tt.says) || strings.Contains(said, tt.never) || strings.Contains(said, "key") {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}
