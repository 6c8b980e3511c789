//go:build unix

package e2e

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// An instance is a handler in a process of its own.
type instance struct {
	w       *world
	bin     string
	changes []string // of the settings

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{}
	url   string
}

func (w *world) spawn(bin string, changes ...string) *instance {
	w.t.Helper()
	i := &instance{w: w, bin: bin, changes: changes}
	i.start()
	w.t.Cleanup(func() { i.end(os.Kill) })
	return i
}

// start runs a new process. Each has a port of its own, and a second one if
// somebody else was given that meanwhile.
func (i *instance) start() {
	for {
		port := freePort(i.w.t)
		url, ended := "http://127.0.0.1:"+port, make(chan struct{})
		cmd := exec.Command(i.bin)
		cmd.Env = i.w.settings(append(i.changes, "FUNCTIONS_CUSTOMHANDLER_PORT="+port, "PATH="+os.Getenv("PATH"))...)
		cmd.Stdout, cmd.Stderr = i.w.log, i.w.log
		if err := cmd.Start(); err != nil {
			i.w.t.Error(err)
			return
		}
		go func() {
			defer close(ended)
			_ = cmd.Wait() // it is killed
		}()
		i.mu.Lock()
		i.cmd, i.url, i.ended = cmd, url, ended
		i.mu.Unlock()
		if serves(url, ended) {
			return
		}
	}
}

// serves waits until a process answers, or has ended.
func serves(url string, ended <-chan struct{}) bool {
	for {
		select {
		case <-ended:
			return false
		case <-time.After(2 * time.Millisecond):
		}
		if resp, err := http.Get(url); err == nil {
			return resp.Body.Close() == nil
		}
	}
}

func (i *instance) address() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.url
}

func (i *instance) end(how os.Signal) {
	i.mu.Lock()
	cmd, ended := i.cmd, i.ended
	i.mu.Unlock()
	_ = cmd.Process.Signal(how)
	<-ended
}

// kill ends the process and puts a new one in its place at once.
func (i *instance) kill(how os.Signal) {
	i.end(how)
	i.start()
}

// post reports whether a trigger's call succeeded, as the host sees it.
func (i *instance) post(ctx context.Context, path, body string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.address()+path, strings.NewReader(body))
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}
