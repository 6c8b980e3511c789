package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// clone puts what the host needs into a folder of its own: the files of the
// project, and the handler, freshly built.
func clone(t *testing.T) string {
	t.Helper()
	const root = "../.."
	dir := t.TempDir()
	functions, err := filepath.Glob(filepath.Join(root, "*", "function.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(functions, filepath.Join(root, "host.json"), filepath.Join(root, "busbell.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, strings.TrimPrefix(file, root))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin", "handler"), "./handler")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./handler: %v\n%s", err, out)
	}
	return dir
}

// handlers names the processes that run a program below a folder, or did and
// were not waited for.
func handlers(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe") // none but on Linux
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(links, func(link string) bool {
		exe, err := os.Readlink(link)
		return err != nil || !strings.HasPrefix(exe, dir)
	})
}

func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the handler and takes half a minute")
	}
	dir := clone(t)
	t.Run("shows incident, page, resolution and milestone", func(t *testing.T) { wholeDemo(t, dir) })
	t.Run("ends with Ctrl-C", func(t *testing.T) { interruptedDemo(t, dir) })
	t.Run("fails with a broken configuration", func(t *testing.T) { brokenDemo(t, dir) })
	t.Run("fails with a handler that dies", func(t *testing.T) { deadDemo(t, dir) })
}

// A downloaded binary is all that it takes, in whatever folder; what it
// unpacks is gone afterwards.
func TestDemoNeedsNothingButTheBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	t.Chdir(t.TempDir())
	demo := start(t, "demo", "--addr", "127.0.0.1:0")
	demo.until(t, "💬  #bus-errors")
	demo.interrupt(t)
	if left := handlers(t, filepath.Dir(demo.cmd.Path)); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// wholeDemo is the whole way: real messages, the real handler, the real
// clients, and what Slack and the pager were told in the end.
func wholeDemo(t *testing.T, dir string) {
	t.Setenv("SLACK_API_URL", "http://127.0.0.1:1") // no setting of the caller may count
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"demo", "--for", "20s", "--addr", "127.0.0.1:0", "--dir", dir}, &stdout, &stderr)
	if code != 0 {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
	out := stdout.String()
	for _, want := range []string{
		`^\s+🔔 Busbell   http://127\.0\.0\.1:\d+\n`,
		`💥  ChargeCustomer failed in shop\.billing: CardGatewayException ×6\n`,
		`💬  #bus-errors  🔴 \d failed ChargeCustomer in shop\.billing: CardGatewayException\n`,
		`📟  OpsGenie P1 opened: \d failed ChargeCustomer in shop\.billing`,
		`📟  OpsGenie P1 closed: \d failed ChargeCustomer in shop\.billing`,
		`💬  #bus-errors  ✅ Resolved: \d failed ChargeCustomer in shop\.billing`,
		`💬  #milestones  🎉 Ada L\. reached Gold\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("the console does not show %s", want)
		}
	}
	for _, never := range []string{"reached Silver", "ada@shop.example", "⚠️"} {
		if strings.Contains(out, never) {
			t.Errorf("the console shows %q", never)
		}
	}
	if n := strings.Count(out, "Ada L. reached Gold"); n != 1 {
		t.Errorf("Ada reached Gold %d times", n)
	}
	if left := handlers(t, dir); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
	if t.Failed() {
		t.Log(out)
	}
}

func interruptedDemo(t *testing.T, dir string) {
	demo := start(t, "demo", "--addr", "127.0.0.1:0", "--dir", dir)
	demo.until(t, "The shop opens")
	if len(handlers(t, dir)) == 0 && runtime.GOOS == "linux" {
		t.Error("no handler runs")
	}
	demo.interrupt(t)
	if left := handlers(t, dir); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}

// brokenDemo says what is wrong, and what was therefore not seen.
func brokenDemo(t *testing.T, dir string) {
	file := filepath.Join(dir, "busbell.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Replace(text, []byte("\n  slack:"), []byte("\n  slak:"), 1)
	if err := os.WriteFile(file, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(file, text, 0o600) })
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"demo", "--for", "4s", "--addr", "127.0.0.1:0", "--dir", dir}, &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "an incident, its page, its resolution, a milestone") || !strings.Contains(stdout.String(), `did you mean \"slack\"?`) {
		t.Errorf("exit %d: %s\n%s", code, stderr.String(), stdout.String())
	}
	if left := handlers(t, dir); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}

func deadDemo(t *testing.T, dir string) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell script is a program here")
	}
	if err := os.Remove(filepath.Join(dir, "bin", "handler")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "handler"), []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"demo", "--for", "20s", "--addr", "127.0.0.1:0", "--dir", dir}, &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "handler") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}
