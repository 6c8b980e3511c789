package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// emulator runs the command until the test ends, and returns the settings
// that it printed before it was ready.
func emulator(t *testing.T, args ...string) map[string]string {
	t.Helper()
	return loggingEmulator(t, new(bytes.Buffer), args...)
}

// loggingEmulator is an emulator whose standard error is read when it has ended.
func loggingEmulator(t *testing.T, stderr *bytes.Buffer, args ...string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{"emulator", "--servicebus", "127.0.0.1:0", "--servicebus-admin", "127.0.0.1:0", "--chat", "127.0.0.1:0"}, args...), w, stderr)
		_ = w.Close()
		ended <- code
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("emulator exits with %d: %s", code, stderr.String())
		}
	})
	settings := map[string]string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() && lines.Text() != "ready" {
		name, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			t.Errorf("%q is no setting", lines.Text())
		}
		settings[name] = value
	}
	if lines.Text() != "ready" {
		t.Fatal("it was never ready")
	}
	return settings
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// accepts reports whether there is a queue or topic of that name.
func accepts(t *testing.T, settings map[string]string, entity string) bool {
	t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(settings["ServiceBus"], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close(context.Background()) }()
	sender, err := client.NewSender(entity, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sender.SendMessage(t.Context(), &azservicebus.Message{Body: []byte("{}")}, nil) == nil
}

func TestEmulatorMakesWhatIsWatched(t *testing.T) {
	t.Setenv("FEATURE_EVENTS_QUEUE", "")
	t.Setenv("RECOVERY_QUEUE", "")
	t.Setenv("BUSBELL_CONFIG", write(t, "busbell.yaml", `
environment: test
watch:
  sources:
    - queue: error
    - {queue: billing, deadLetter: true}
    - {queue: Billing, transferDeadLetter: true}
    - {topic: orders, subscription: invoicing, deadLetter: true}
    - {topic: orders, subscription: shipping, deadLetter: true}
  slack: {channel: "#bus-errors"}
`))
	settings := emulator(t)
	for _, name := range []string{
		"ServiceBus", "SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "OPSGENIE_API_URL", "OPSGENIE_API_KEY",
		"FEATURE_EVENTS_QUEUE", "RECOVERY_QUEUE",
	} {
		if settings[name] == "" {
			t.Errorf("%s is not printed", name)
		}
	}
	for _, entity := range []string{"error", "billing", "orders", "busbell-events", "busbell-recovery"} {
		if !accepts(t, settings, entity) {
			t.Errorf("nothing can be sent to %s", entity)
		}
	}
	if accepts(t, settings, "nowhere") {
		t.Error("something can be sent to a queue that nobody asked for")
	}
	resp, err := http.Get(settings["SLACK_API_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the page answers %s with %s", resp.Status, resp.Header.Get("Content-Type"))
	}
}

func TestEmulatorMakesWhatItsConfigSays(t *testing.T) {
	config := write(t, "Config.json", `{"UserConfig": {"Namespaces": [{"Name": "sbemulatorns", "Queues": [{"Name": "queue.1"}]}]}}`)
	settings := emulator(t, "--config", config)
	if !accepts(t, settings, "queue.1") || accepts(t, settings, "error") {
		t.Error("the queues are not those of the file")
	}
}

func TestEmulatorThatMakesEntitiesOnUseNeedsNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("BUSBELL_CONFIG", "")
	settings := emulator(t, "--create-on-use")
	for _, entity := range []string{"busbell-events", "whatever"} {
		if !accepts(t, settings, entity) {
			t.Errorf("nothing can be sent to %s", entity)
		}
	}
}

func TestEmulatorLogsWhyAConnectionEndedIfAsked(t *testing.T) {
	config := write(t, "Config.json", `{"UserConfig": {"Namespaces": []}}`)
	for flag, want := range map[string]bool{"--debug": true, "--debug=false": false} {
		var stderr bytes.Buffer
		t.Run(flag, func(t *testing.T) {
			endpoint, _, _ := strings.Cut(loggingEmulator(t, &stderr, "--config", config, flag)["ServiceBus"], ";")
			conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "Endpoint=sb://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, "AMQP\x00\x00\x09\x01")
			_, _ = io.Copy(io.Discard, conn) // until it is refused
		})
		if got := strings.Contains(stderr.String(), `msg="connection refused"`); got != want {
			t.Errorf("%s: logged %t, want %t: %s", flag, got, want, stderr.String())
		}
	}
}

// Somebody who follows the README has no settings but these.
func TestEmulatorFitsLocalSettings(t *testing.T) {
	local, err := os.ReadFile("../../local.settings.json")
	if err != nil {
		t.Fatal(err)
	}
	settings := emulator(t, "--config", write(t, "Config.json", `{"UserConfig": {"Namespaces": []}}`))
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "OPSGENIE_API_KEY", "FEATURE_EVENTS_QUEUE", "RECOVERY_QUEUE"} {
		if line := `"` + name + `": "` + settings[name] + `"`; !bytes.Contains(local, []byte(line)) {
			t.Errorf("local.settings.json has no %s", line)
		}
	}
}

func TestBusyPortIsOneClearLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	busy := l.Addr().String()
	config := write(t, "Config.json", `{"UserConfig": {"Namespaces": []}}`)
	for _, flag := range []string{"--servicebus", "--servicebus-admin", "--chat"} {
		args := []string{"emulator", "--config", config}
		for _, f := range []string{"--servicebus", "--servicebus-admin", "--chat"} {
			addr := "127.0.0.1:0"
			if f == flag {
				addr = busy
			}
			args = append(args, f, addr)
		}
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, &stdout, &stderr)
		want := "busbell: " + busy + " is in use by another program; end that, or choose another port: " + flag + " 127.0.0.1:0\n"
		if code != 1 || stdout.Len() > 0 || stderr.String() != want {
			t.Errorf("%s: exit %d, printed %q and %q, want %q", flag, code, stdout.String(), stderr.String(), want)
		}
	}
}
