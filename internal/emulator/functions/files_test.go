package functions

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	goodHost  = `{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"bin/handler"},"enableProxyingHttpRequest":true}}`
	goodTimer = `{"bindings":[{"type":"timerTrigger","name":"timer","schedule":"0 0 0 1 1 *"}]}`
	goodQueue = `{"bindings":[{"type":"serviceBusTrigger","name":"message","dataType":"binary","queueName":"%Q%","connection":"ServiceBus"}]}`
	goodHTTP  = `{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","route":"slack/actions","methods":["post"],"authLevel":"anonymous"},{"type":"http","direction":"out","name":"res"}]}`
)

// script makes a script root of the given files.
func script(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTheFilesOfThisProjectAreGood(t *testing.T) {
	const root = "../../.."
	settings, err := LocalSettings(filepath.Join(root, "local.settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := readHostFile(root)
	if err != nil {
		t.Fatal(err)
	}
	if h.functionTimeout != 10*time.Minute || h.executable != "bin/handler" || !h.proxies || h.bus.maxConcurrentCalls != 16 {
		t.Errorf("host.json is read as %+v", h)
	}
	fns, errs := readFunctions(root, h, newEnvironment(settings))
	var names []string
	for _, fn := range fns {
		names = append(names, fn.name)
		if q := fn.queue; q != nil && !q.binary {
			t.Errorf("%s does not declare dataType binary", fn.name)
		}
		if q := fn.queue; q != nil {
			if _, err := open(fn); err != nil {
				t.Errorf("%s: %v", fn.name, err)
			}
		}
	}
	for _, want := range []string{"ErrorQueueTimer", "FeatureEventTrigger"} {
		if !slices.Contains(names, want) {
			t.Errorf("functions are %q, without %s", names, want)
		}
	}
	if len(errs) > 0 {
		t.Errorf("problems: %v", errs)
	}
}

func TestAWrongHostFileIsAClearError(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"no JSON", `{"version"`, "host.json: unexpected end of JSON input"},
		{"no version", `{"customHandler":{"description":{"defaultExecutablePath":"h"}}}`, `version is "": it must be "2.0"`},
		{"no handler", `{"version":"2.0"}`, "customHandler.description.defaultExecutablePath names no program"},
		{"timeout", strings.Replace(goodHost, "{", `{"functionTimeout":"10m",`, 1), `functionTimeout: "10m" is no time span`},
		{"retry", strings.Replace(goodHost, "{", `{"retry":{},`, 1), "retry is not emulated"},
		{"calls", strings.Replace(goodHost, "{", `{"extensions":{"serviceBus":{"maxConcurrentCalls":0}},`, 1), "maxConcurrentCalls is 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Start(t.Context(), Config{Root: script(t, map[string]string{"host.json": tt.file})})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q in it", err, tt.want)
			}
		})
	}
	if _, err := Start(t.Context(), Config{Root: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no readable host.json") {
		t.Errorf("without host.json: %v", err)
	}
}

func TestAWrongFunctionDoesNotDisturbOthers(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"no JSON", `{"bindings":[`, "Wrong/function.json: unexpected end"},
		{"no trigger", `{"bindings":[]}`, "it has no trigger"},
		{"no name", `{"bindings":[{"type":"timerTrigger","schedule":"0 * * * * *"}]}`, "has no name"},
		{"two triggers", `{"bindings":[{"type":"timerTrigger"},{"type":"httpTrigger"}]}`, "two triggers"},
		{"strange trigger", `{"bindings":[{"type":"blobTrigger","name":"b"}]}`, `"blobTrigger" is not emulated`},
		{"retry", strings.Replace(goodTimer, "{", `{"retry":{},`, 1), "retry is not emulated"},
		{"schedule", strings.Replace(goodTimer, "0 0 0 1 1 *", "every day", 1), `schedule "every day"`},
		{"unset schedule", strings.Replace(goodTimer, "0 0 0 1 1 *", "%WHEN%", 1), "'%WHEN%' does not resolve to a value: set WHEN"},
		{"unset queue", strings.Replace(goodQueue, "%Q%", "%NOQ%", 1), "set NOQ"},
		{"no queue", strings.Replace(goodQueue, "%Q%", "", 1), "neither a queueName"},
		{"unset connection", strings.Replace(goodQueue, "ServiceBus\"}", "NoBus\"}", 1), "the setting NoBus is missing"},
		{"empty connection", strings.Replace(goodQueue, "ServiceBus\"}", "EmptyBus\"}", 1), "the setting EmptyBus is empty"},
		{"no connection string", strings.Replace(goodQueue, "ServiceBus\"}", "BadBus\"}", 1), "Wrong: its Service Bus connection"},
		{"many", strings.Replace(goodQueue, `"name"`, `"cardinality":"many","name"`, 1), "cardinality many is not emulated"},
		{"sessions", strings.Replace(goodQueue, `"name"`, `"isSessionsEnabled":true,"name"`, 1), "sessions are not emulated"},
		{"no output", strings.Replace(goodHTTP, `"type":"http",`, `"type":"blob",`, 1), "exactly one httpTrigger"},
		{"route", strings.Replace(goodHTTP, "slack/actions", "a/{id:int}", 1), "constraints"},
		{"authLevel", strings.Replace(goodHTTP, "anonymous", "none", 1), `authLevel "none"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := script(t, map[string]string{
				"host.json": goodHost, "Good/function.json": goodTimer, "Wrong/function.json": tt.file,
				"bin/handler": "", "deep/Deeper/function.json": goodTimer,
			})
			if err := os.Chmod(filepath.Join(root, "bin/handler"), 0o700); err != nil {
				t.Fatal(err)
			}
			h, err := prepare(Config{Root: root, Env: []string{"Q=q", "EmptyBus=", "BadBus=nonsense"}}, realPace)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Functions(); !slices.Equal(got, []string{"Good"}) {
				t.Errorf("functions = %q", got)
			}
			if err := h.Problems(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("problems = %v, want %q in them", err, tt.want)
			}
		})
	}
}

func TestADisabledFunctionIsLeftOut(t *testing.T) {
	root := script(t, map[string]string{"A/function.json": goodTimer, "B/function.json": goodTimer})
	fns, errs := readFunctions(root, hostFile{}, newEnvironment([]string{"AzureWebJobs.A.Disabled=true"}))
	if len(errs) > 0 || len(fns) != 1 || fns[0].name != "B" {
		t.Errorf("functions = %v, problems = %v", fns, errs)
	}
}

func TestAnUnstartableHandlerIsAClearError(t *testing.T) {
	missing := script(t, map[string]string{"host.json": goodHost, "A/function.json": goodTimer})
	blocked := script(t, map[string]string{"host.json": goodHost, "A/function.json": goodTimer, "bin/handler": "#!/bin/sh"})
	foreign := script(t, map[string]string{"host.json": goodHost, "A/function.json": goodTimer, "bin/handler": "\x00"})
	if err := os.Chmod(filepath.Join(foreign, "bin/handler"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, root, want string }{
		{"missing", missing, "build it first"},
		{"not executable", blocked, "is not executable"},
		{"for another system", foreign, "starting the handler"},
		{"no function", script(t, map[string]string{"host.json": goodHost}), "no folder in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Start(t.Context(), Config{Root: tt.root})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestEnvironmentWinsOverLocalSettings(t *testing.T) {
	path := filepath.Join(script(t, map[string]string{
		"local.settings.json": `{"IsEncrypted":false,"Values":{"A":"file","B":"file"}}`,
	}), "local.settings.json")
	settings, err := LocalSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	env := newEnvironment(settings, []string{"A=process", "=C:=odd"})
	if got := env.list(); !slices.Equal(got, []string{"A=process", "B=file"}) {
		t.Errorf("environment = %q", got)
	}
	if got, _ := env.lookup("b"); got != "file" {
		t.Errorf("lookup ignores no case: %q", got)
	}
}

func TestEncryptedSettingsAreRefused(t *testing.T) {
	for _, text := range []string{`{"Values":{}}`, `{"IsEncrypted":true}`, `{`} {
		path := filepath.Join(script(t, map[string]string{"s.json": text}), "s.json")
		if got, err := LocalSettings(path); err == nil {
			t.Errorf("%s was read as %q", text, got)
		}
	}
}

func TestRoutesMatchLikeTheHosts(t *testing.T) {
	for _, tt := range []struct {
		route, path string
		want        bool
	}{
		{"api/slack/actions", "/api/slack/actions", true},
		{"api/slack/actions", "/API/Slack/actions/", true},
		{"api/slack/actions", "/slack/actions", false},
		{"api/slack/actions", "/api/slack", false},
		{"api/slack/actions", "/api/slack/actions/x", false},
		{"api/slack/actions", "//api/slack/actions", false},
		{"api/{id}", "/api/7", true},
		{"api/{id}", "/api/", false},
		{"api/{*rest}", "/api/a/b", true},
		{"/check", "/check", true}, // an empty prefix
	} {
		r, err := parseRoute(tt.route)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.matches(tt.path); got != tt.want {
			t.Errorf("route %s matches %s = %t, want %t", tt.route, tt.path, got, tt.want)
		}
	}
}
