//go:build linux && amd64

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/demo"
	"github.com/busbell/busbell/internal/emulator/functions"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// What is published, from this repository, with the real handler.
func TestWhatIsPublished(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the handler")
	}
	first := packThis(t, 0o644)
	t.Setenv("GOFLAGS", "-tags=ofsomebodyelse")
	second := packThis(t, 0o600)
	t.Run("two builds give the same bytes", func(t *testing.T) {
		if !bytes.Equal(read(t, first), read(t, second)) {
			t.Error("the same sources gave different bytes")
		}
	})
	t.Run("with the licences of what is linked", func(t *testing.T) {
		text := string(read(t, filepath.Join(unzip(t, first), "NOTICES.txt")))
		for _, want := range []string{"==== Go: LICENSE ====", "==== github.com/slack-go/slack v", "==== github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus v"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s", want)
			}
		}
	})
	t.Run("it runs as it comes out of the zip", func(t *testing.T) {
		runs(t, unzip(t, first))
	})
}

// packThis packs this project in a folder of its own, whose files are of
// today and have that mode, and returns the zip.
func packThis(t *testing.T, mode os.FileMode) string {
	t.Helper()
	const repository = "../.."
	root := t.TempDir()
	parts, err := gather(repository, filepath.Join(repository, "docs", "example", "busbell.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if p.from == "" {
			continue
		}
		to := filepath.Join(root, filepath.FromSlash(p.name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, read(t, p.from), mode); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pack(root, filepath.Join(root, "busbell.yaml"), goBuild(repository, "v1.2.3")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "dist.zip")
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// unzip lays the files out with the modes that the zip gives them.
func unzip(t *testing.T, file string) string {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	root := t.TempDir()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, f.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// runs starts the host on what was published, beside stand-ins for the cloud:
// a message fails, and Slack is told.
func runs(t *testing.T, root string) {
	cloud, err := demo.OpenCloud(demo.CloudConfig{Bus: watched(t, filepath.Join(root, "busbell.yaml"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	fail(t, cloud.Bus.ConnectionString())

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	host, err := functions.Start(ctx, functions.Config{
		Root:     root,
		Env:      append(cloud.Settings(), "PATH="+os.Getenv("PATH"), "STATE_TABLE_ENDPOINT=memory:"),
		Settings: []string{"ERROR_QUEUE_SCHEDULE=0 0 0 1 1 *"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Kill)
	if err := host.Problems(); err != nil {
		t.Error(err)
	}
	if err := host.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	if err := host.Run("ErrorQueueTimer"); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, m := range cloud.Slack.Snapshot().Channel("bus-errors").Messages {
		told.WriteString(m.Text + "\n")
	}
	if !strings.Contains(told.String(), "RefundRequested") {
		t.Errorf("Slack was told %q", &told)
	}
}

// watched are the entities that a configuration watches, and Busbell's own.
func watched(t *testing.T, file string) servicebus.Config {
	t.Helper()
	cfg, faults := config.LoadFile(file)
	for _, f := range faults {
		t.Log(f)
	}
	bus := servicebus.Config{Queues: []servicebus.Queue{{Name: demo.EventsQueue}, {Name: demo.RecoveryQueue}}}
	for _, s := range cfg.Watch.Sources {
		if s.Queue != "" {
			bus.Queues = append(bus.Queues, servicebus.Queue{Name: s.Queue})
			continue
		}
		bus.Topics = append(bus.Topics, servicebus.Topic{Name: s.Topic, Subscriptions: []servicebus.Queue{{Name: s.Subscription}}})
	}
	return bus
}

// fail puts a message into the queue error, as Rebus does.
func fail(t *testing.T, connection string) {
	t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close(t.Context()) }()
	sender, err := client.NewSender("error", nil)
	if err != nil {
		t.Fatal(err)
	}
	err = sender.SendMessage(t.Context(), &azservicebus.Message{Body: []byte("{}"), ApplicationProperties: map[string]any{
		"rbs2-msg-id": "m-1", "rbs2-msg-type": "Shop.Billing.RefundRequested, Shop.Billing", "rbs2-source-queue": "shop.billing",
		"rbs2-error-details": "Shop.RefundRefusedException: refused\n   at Shop.Billing.RefundHandler.Handle() in Refund.cs:line 7",
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
}
