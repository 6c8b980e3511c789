package functions

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// quick is a pace at which no test waits for long.
var quick = pace{probe: time.Millisecond, grace: time.Millisecond, drain: 10 * time.Second, retry: 10 * time.Millisecond, notice: 100 * time.Millisecond}

// rig is a host with the test binary as its handler.
type rig struct {
	*Host
	t      *testing.T
	events chan Event
	passed *[]Event // that nobody has awaited yet
}

// hostJSON with the test binary as handler; more is put in front.
func testHost(t *testing.T, more string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path, _ := json.Marshal(exe)
	return fmt.Sprintf(`{"version":"2.0",%s"customHandler":{"description":{"defaultExecutablePath":%s},"enableProxyingHttpRequest":true}}`, more, path)
}

// launch starts a host whose handler behaves by mode.
func launch(t *testing.T, mode string, files map[string]string, cfg Config, p pace) rig {
	t.Helper()
	all := map[string]string{"host.json": testHost(t, "")}
	if files == nil {
		all["Tick/function.json"] = goodTimer
	}
	maps.Copy(all, files)
	r := rig{t: t, events: make(chan Event, 10_000), passed: new([]Event)}
	cfg.Root = script(t, all)
	cfg.Env = append(append(os.Environ(), handlerMode+"="+mode, "GORACE=atexit_sleep_ms=0"), cfg.Env...)
	cfg.On = func(e Event) { r.events <- e }
	h, err := start(t.Context(), cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Kill)
	r.Host = h
	return r
}

// await returns the first event that fits and was not returned before. Events
// of a call and lines of the handler come in any order.
func (r rig) await(what string, fits func(Event) bool) Event {
	r.t.Helper()
	if i := slices.IndexFunc(*r.passed, fits); i >= 0 {
		e := (*r.passed)[i]
		*r.passed = slices.Delete(*r.passed, i, i+1)
		return e
	}
	late := time.After(20 * time.Second)
	for {
		select {
		case e := <-r.events:
			if fits(e) {
				return e
			}
			*r.passed = append(*r.passed, e)
		case <-late:
			r.t.Fatalf("%s did not come", what)
		}
	}
}

func (r rig) kind(k Kind) Event {
	r.t.Helper()
	return r.await(string(k), func(e Event) bool { return e.Kind == k })
}

// call returns the next call that the handler reports.
func (r rig) call() (s seen) {
	r.t.Helper()
	r.await("a call", func(e Event) bool {
		return e.Kind == Line && strings.HasPrefix(e.Line, `{"Method"`) && json.Unmarshal([]byte(e.Line), &s) == nil
	})
	return s
}

// get asks the handler directly.
func (r rig) get(path string) {
	r.t.Helper()
	resp, err := http.Get(r.url + path)
	if err == nil {
		_ = resp.Body.Close()
	}
}

func TestARunIsOnePostInTheHostsForm(t *testing.T) {
	want := readRecorded(t, "timer/first.http")
	for _, tt := range []struct {
		name string
		cfg  Config
	}{
		{"chunked", Config{}},
		{"content length", Config{ContentLength: true}},
		{"trace", Config{Env: []string{"APPLICATIONINSIGHTS_CONNECTION_STRING=x"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := launch(t, "ok", nil, tt.cfg, quick)
			if err := r.Run("tick"); err != nil {
				t.Fatal(err)
			}
			got := r.call()
			if got.Method != "POST" || got.Path != "/Tick" || got.Host != strings.TrimPrefix(r.url, "http://") {
				t.Errorf("%s %s to %s", got.Method, got.Path, got.Host)
			}
			if got.Chunked == tt.cfg.ContentLength || tt.cfg.ContentLength && got.Length != int64(len(got.Body)) {
				t.Errorf("chunked %t, length %d of %d", got.Chunked, got.Length, len(got.Body))
			}
			for name := range want.request.Header {
				if name != "X-Azure-Functions-Invocationid" && got.Header.Get(name) != want.request.Header.Get(name) {
					t.Errorf("%s is %q, the real host's %q", name, got.Header.Get(name), want.request.Header.Get(name))
				}
				got.Header.Del(name)
			}
			if trace := got.Header.Get("traceparent"); traceparent.MatchString(trace) != (tt.name == "trace") {
				t.Errorf("traceparent %q", trace)
			}
			got.Header.Del("traceparent")
			got.Header.Del("Content-Length")
			if len(got.Header) > 0 {
				t.Errorf("headers that the real host does not send: %v", got.Header)
			}
			var body recorded
			if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
				t.Fatal(err)
			}
			if s := body.Data.Timer.ScheduleStatus; s == nil || s.Last.Year() != 1 || s.LastUpdated.Year() == 1 || body.Data.Timer.IsPastDue {
				t.Errorf("a run by hand before the first is told %s", got.Body)
			}
		})
	}
}

func TestTheHandlerGetsTheHostsEnvironment(t *testing.T) {
	root := script(t, map[string]string{"host.json": testHost(t, ""), "A/function.json": goodTimer})
	h, err := prepare(Config{
		Root: root, Env: []string{"PATH=x", "FUNCTIONS_CUSTOMHANDLER_PORT=17090"}, Settings: []string{"PATH=y", "OWN=1"},
	}, quick)
	if err != nil {
		t.Fatal(err)
	}
	env := newEnvironment(h.worker.env)
	port := strings.TrimPrefix(h.url, "http://127.0.0.1:")
	for name, want := range map[string]string{
		"FUNCTIONS_CUSTOMHANDLER_PORT": port, "FUNCTIONS_HTTPWORKER_PORT": port, "FUNCTIONS_APP_ROOT_PATH": root,
		"FUNCTIONS_HTTPWORKER_ID": env["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"], "PATH": "x", "OWN": "1",
	} {
		if env[name] != want {
			t.Errorf("%s = %q, want %q", name, env[name], want)
		}
	}
	if len(env) != 7 || h.worker.dir != root || len(h.worker.args) != 0 {
		t.Errorf("environment %v, directory %s, arguments %q", env, h.worker.dir, h.worker.args)
	}
}

func TestArgumentsAreJoinedExpandedAndSplit(t *testing.T) {
	text := strings.Replace(testHost(t, ""), `"defaultExecutablePath"`,
		`"arguments":["--config","%DIR%/a b.json","%NOSUCH%","x y"],"workingDirectory":"A","defaultExecutablePath"`, 1)
	root := script(t, map[string]string{"host.json": text, "A/function.json": goodTimer})
	h, err := prepare(Config{Root: root, Env: []string{"DIR=/d"}}, quick)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(h.worker.args, "|"); got != "--config|/d/a|b.json|x|y" || !strings.HasSuffix(h.worker.dir, "A") {
		t.Errorf("arguments %s in %s", got, h.worker.dir)
	}
}

func TestLinesKeepTheirLevel(t *testing.T) {
	r := launch(t, "bad", nil, Config{}, quick)
	e := r.await("the line on stderr", func(e Event) bool { return strings.Contains(e.Line, "listening") })
	if e.Level != slog.LevelWarn {
		t.Errorf("a warning on stderr has level %v", e.Level)
	}
	err := r.Run("Tick")
	if err == nil || !strings.Contains(err.Error(), "500 (Internal Server Error)") || !strings.Contains(err.Error(), "no ledger") {
		t.Errorf("err = %v", err)
	}
	e = r.kind(Failed)
	if e.Level != slog.LevelError || e.ID == "" || !strings.HasPrefix(e.String(), "Tick failed after ") {
		t.Errorf("event %+v", e)
	}
}

func TestRedirectsAreFollowedLikeTheHosts(t *testing.T) {
	for mode, want := range map[string]string{"moved": "GET", "again": "POST"} {
		r := launch(t, mode, nil, Config{}, quick)
		if err := r.Run("Tick"); err != nil {
			t.Fatal(err)
		}
		first, second := r.call(), r.call()
		if second.Method != want || second.Path != "/other" || (second.Body == first.Body) != (want == "POST") {
			t.Errorf("%s: %s %s %q", mode, second.Method, second.Path, second.Body)
		}
	}
}

func TestManualRunsOverlap(t *testing.T) {
	r := launch(t, "hold", nil, Config{}, quick)
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- r.Run("Tick") }()
	}
	r.call()
	r.call() // the second is there while the first is held
	r.get("/release")
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestScheduledRunsDoNotOverlap(t *testing.T) {
	r := launch(t, "hold", map[string]string{"Tick/function.json": strings.Replace(goodTimer, "0 0 0 1 1 *", "00:00:00.02", 1)}, Config{}, quick)
	r.call()
	if err := r.Interrupt(); err != nil { // its line comes after any call that would overlap
		t.Skip(err)
	}
	r.await("the signal", func(e Event) bool {
		if strings.HasPrefix(e.Line, `{"Method"`) {
			t.Error("a second run began during the first")
		}
		return e.Line == "interrupted"
	})
	r.get("/release")
	first := r.kind(Ran)
	got := r.call() // due at once
	if first.ID == got.Header.Get("X-Azure-Functions-InvocationId") {
		t.Error("the first run was reported twice")
	}
	if !strings.Contains(got.Body, `"AdjustForDST":false},"ScheduleStatus":null`) {
		t.Errorf("a fast timer is told %s", got.Body)
	}
}

func TestAnEmptyAnswerHangsUntilTheHandlerIsKilled(t *testing.T) {
	r := launch(t, "empty", map[string]string{
		"host.json": testHost(t, `"functionTimeout":"00:00:00.2",`), "Tick/function.json": goodTimer,
	}, Config{}, quick)
	r.kind(Ready)
	pid := r.PID()
	if err := r.Run("Tick"); !errors.Is(err, errTimeout) {
		t.Errorf("err = %v", err)
	}
	r.kind(Exited)
	r.kind(Ready)
	if r.PID() == pid {
		t.Error("the handler was not replaced")
	}
}

func TestATimeoutTakesOtherCallsAlong(t *testing.T) {
	r := launch(t, "hold", map[string]string{
		"host.json": testHost(t, `"functionTimeout":"00:00:00.2",`), "Tick/function.json": goodTimer,
	}, Config{}, quick)
	r.kind(Ready)
	other := make(chan error, 1)
	go func() { // not through the host, which would let it run into the timeout, too
		resp, err := http.Post(r.url+"/Tick", "application/json", http.NoBody)
		if err == nil {
			_ = resp.Body.Close()
		}
		other <- err
	}()
	r.call()
	if err := r.Run("Tick"); !errors.Is(err, errTimeout) {
		t.Errorf("err = %v", err)
	}
	if err := <-other; err == nil {
		t.Error("the other call outlived its process")
	}
}

func TestTheThirdDeathStopsTheHost(t *testing.T) {
	r := launch(t, "exit-1", nil, Config{}, quick)
	err := r.Wait()
	if !errors.Is(err, errGiveUp) || !strings.Contains(err.Error(), "first line, SETTING is missing") {
		t.Errorf("err = %v", err)
	}
	starts := 0
	r.await("the end", func(e Event) bool {
		if e.Kind == Started {
			starts++
		}
		return e.Kind == Stopped
	})
	if starts != 3 {
		t.Errorf("started %d times", starts)
	}
	if err := r.Run("Tick"); err == nil {
		t.Error("a stopped host runs functions")
	}
}

func TestADeathInFlightFailsTheCallAndRestarts(t *testing.T) {
	r := launch(t, "die", nil, Config{}, quick)
	if err := r.Run("Tick"); err == nil {
		t.Error("a call outlived its process")
	}
	e := r.kind(Exited)
	if e.Level != slog.LevelError || !strings.Contains(e.Err.Error(), "boom") {
		t.Errorf("event %+v", e)
	}
	r.kind(Ready)
}

func TestExit200IsRestartedUncounted(t *testing.T) {
	r := launch(t, "exit-200", nil, Config{}, quick)
	for range 5 {
		r.kind(Started)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestExit0IsNeverRestarted(t *testing.T) {
	r := launch(t, "ok", nil, Config{}, quick)
	r.kind(Ready)
	r.get("/exit/0")
	r.kind(Exited)
	if err := r.Run("Tick"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("err = %v, want connection refused", err)
	}
	select {
	case <-r.Done():
		t.Error("the host has stopped")
	default:
	}
}

func TestAMuteHandlerIsGivenUp(t *testing.T) {
	r := launch(t, "mute", map[string]string{
		"host.json":          strings.Replace(testHost(t, ""), `"description"`, `"initializationTimeout":"00:00:00.05","description"`, 1),
		"Tick/function.json": goodTimer,
	}, Config{}, quick)
	if err := r.Wait(); !errors.Is(err, errGiveUp) || !errors.Is(err, errNotReady) {
		t.Errorf("err = %v", err)
	}
	if err := r.Ready(t.Context()); err == nil {
		t.Error("Ready after the end")
	}
}

func TestStopLetsCallsFinishAndLeavesNoProcess(t *testing.T) {
	r := launch(t, "hold", nil, Config{}, quick)
	done := make(chan error, 1)
	go func() { done <- r.Run("Tick") }()
	r.call()
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(t.Context()) }()
	r.stoppingNow()
	if err := r.Run("Tick"); !errors.Is(err, errStopping) {
		t.Errorf("a new run while stopping: %v", err)
	}
	if err := r.Interrupt(); err == nil { // Ctrl+C reaches the handler, too
		r.await("the signal", func(e Event) bool { return e.Line == "interrupted" })
	}
	r.get("/release")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	r.expectDead()
}

func TestStopCutsOffWhatTakesTooLong(t *testing.T) {
	p := quick
	p.drain = 50 * time.Millisecond
	r := launch(t, "hold", nil, Config{}, p)
	done := make(chan error, 1)
	go func() { done <- r.Run("Tick") }()
	r.call()
	if err := r.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "1 calls were cut off") {
		t.Errorf("err = %v", err)
	}
	if err := <-done; err == nil {
		t.Error("the call succeeded")
	}
	r.expectDead()
	if err := r.Err(); err != nil {
		t.Errorf("Err after Stop = %v", err)
	}
}

func TestAbandonLeavesTheHandlerRunning(t *testing.T) {
	r := launch(t, "ok", nil, Config{}, quick)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := r.Abandon()
	<-r.Done()
	if refused, err := knock(t.Context(), r.transport, r.url); refused || err != nil {
		t.Errorf("the handler is gone: %v", err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	<-r.worker.current().exited
}

// stoppingNow returns when the host lets nothing begin any more.
func (r rig) stoppingNow() {
	for !r.calls.stopping() {
		runtime.Gosched()
	}
}

// expectDead checks that the last handler process has ended.
func (r rig) expectDead() {
	r.t.Helper()
	select {
	case <-r.worker.current().exited:
	default:
		r.t.Error("the handler still runs")
	}
}

func TestNoHandlerOutlivesTheProgramUnlessAsked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills the children of a program that dies")
	}
	for name, orphan := range map[string]string{"killed": "", "orphan": "1"} {
		t.Run(name, func(t *testing.T) {
			root := script(t, map[string]string{"host.json": testHost(t, ""), "Tick/function.json": goodTimer})
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", hostRoot+"="+root, "ORPHAN="+orphan)
			in, _ := cmd.StdinPipe()
			out, _ := cmd.StdoutPipe()
			cmd.Stderr = os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			url, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			url = strings.TrimSpace(url)
			_, _ = io.WriteString(in, "\n")
			_ = cmd.Wait()
			transport := newTransport()
			refused, _ := knock(t.Context(), transport, url)
			if orphan != "" {
				if refused {
					t.Error("the handler died with its host")
				}
				resp, err := (&http.Client{Transport: transport}).Get(url + "/exit/0")
				if err == nil {
					_ = resp.Body.Close()
				}
				return
			}
			for !refused && t.Context().Err() == nil {
				refused, _ = knock(t.Context(), transport, url)
			}
		})
	}
}
