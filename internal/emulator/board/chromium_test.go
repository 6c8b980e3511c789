//go:build browser && unix

package board_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A tab is one page of a real browser, driven over the DevTools protocol on a
// pipe: no port, and nothing to install but the browser.
type tab struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	id      int
	session string
	broken  []string // what the page's scripts threw or logged as errors
}

// openTab starts a browser with one empty page, until the test ends.
func openTab(t *testing.T) *tab {
	t.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, says, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = answers.SetReadDeadline(time.Now().Add(3 * time.Minute))
	profile, err := os.MkdirTemp("", "board")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
		"--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, says}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), says.Close()
	b := &tab{t: t, in: ours, out: bufio.NewReaderSize(answers, 1<<20)}
	t.Cleanup(func() {
		_, _ = ours.Close(), answers.Close()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with its children
		_ = cmd.Wait()
		_ = os.RemoveAll(profile) // what it leaves there is no failure of the page
	})
	b.attach()
	return b
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium on the path; run: .ci/browser")
	return ""
}

func (b *tab) attach() {
	b.t.Helper()
	var all struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	b.call("Target.getTargets", nil, &all)
	for _, target := range all.TargetInfos {
		if target.Type == "page" {
			var attached struct{ SessionID string }
			b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
			b.session = attached.SessionID
		}
	}
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
}

// call asks the browser for something and decodes the answer.
func (b *tab) call(method string, params map[string]any, answer any) {
	b.t.Helper()
	b.id++
	request := map[string]any{"id": b.id, "method": method, "params": params}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	for err == nil {
		var m struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err = b.next(&m); err != nil {
			break
		}
		switch {
		case m.Method == "Runtime.exceptionThrown" || m.Method == "Log.entryAdded" && bytes.Contains(m.Params, []byte(`"level":"error"`)):
			b.broken = append(b.broken, string(m.Params))
		case m.ID == b.id && m.Error != nil:
			err = errors.New(m.Error.Message)
		case m.ID == b.id && answer != nil:
			err = json.Unmarshal(m.Result, answer)
			fallthrough
		case m.ID == b.id:
			if err == nil {
				return
			}
		}
	}
	b.t.Fatalf("%s: %v", method, err)
}

func (b *tab) next(m any) error {
	text, err := b.out.ReadBytes(0)
	if err != nil {
		return err
	}
	return json.Unmarshal(text[:len(text)-1], m)
}

// run evaluates a script in the page, waits for it and returns its value.
func (b *tab) run(script string) any {
	b.t.Helper()
	var answer struct {
		Result struct {
			Value       any
			Description string
		}
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s %s", script, answer.ExceptionDetails.Text, answer.Result.Description)
	}
	return answer.Result.Value
}

// until waits for a condition to hold in the page.
func (b *tab) until(condition string) {
	b.t.Helper()
	if b.run(`new Promise(done => { let left = 1200; const look = () => (`+condition+`) ? done(true) : left-- ? setTimeout(look, 25) : done(false); look(); })`) != true {
		b.t.Fatalf("it never came that %s", condition)
	}
}

// visit opens an address as on a screen of that width and colour scheme.
func (b *tab) visit(url string, width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.until(`location.href.startsWith("` + url + `") && document.getElementById("live")?.textContent === "live"`)
}
