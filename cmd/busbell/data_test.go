package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// emulatorWithData runs the emulator in a process of its own and returns how
// clients connect.
func emulatorWithData(t *testing.T, data string) (*process, string) {
	t.Helper()
	config := write(t, "Config.json", `{"UserConfig": {"Namespaces": [{"Name": "n", "Queues": [{"Name": "q"}]}]}}`)
	p := start(t, "emulator", "--config", config, "--data", data,
		"--servicebus", "127.0.0.1:0", "--servicebus-admin", "127.0.0.1:0", "--chat", "127.0.0.1:0")
	connection := ""
	for p.lines.Scan() && p.lines.Text() != "ready" {
		if s, ok := strings.CutPrefix(p.lines.Text(), "ServiceBus="); ok {
			connection = s
		}
	}
	if connection == "" {
		t.Fatalf("it ended before it was ready: %s", p.stderr.String())
	}
	return p, connection
}

// Four senders send until the process is killed; what was accepted then is
// there afterwards, and nothing that nobody sent.
func TestKilledEmulatorLosesNothingThatItAccepted(t *testing.T) {
	data := filepath.Join(t.TempDir(), "bus.data")
	var sent, accepted sync.Map
	for round := range 3 {
		p, connection := emulatorWithData(t, data)
		client, err := azservicebus.NewClientFromConnectionString(connection, &azservicebus.ClientOptions{
			RetryOptions: azservicebus.RetryOptions{MaxRetries: -1},
		})
		if err != nil {
			t.Fatal(err)
		}
		var sending sync.WaitGroup
		var n atomic.Int32
		enough := make(chan struct{})
		for i := range 4 {
			sending.Go(func() {
				sender, err := client.NewSender("q", nil)
				if err != nil {
					t.Error(err)
					return
				}
				for k := 0; ; k++ {
					body := fmt.Sprintf("%d.%d.%d", round, i, k)
					sent.Store(body, true)
					if sender.SendMessage(t.Context(), &azservicebus.Message{Body: []byte(body)}, nil) != nil {
						return
					}
					accepted.Store(body, true)
					if n.Add(1) == 200 {
						close(enough)
					}
				}
			})
		}
		<-enough
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		sending.Wait()
		_ = p.cmd.Wait()
		_ = client.Close(t.Context())
	}

	bus, err := servicebus.Start(servicebus.Config{Data: data, Queues: []servicebus.Queue{{Name: "q", LockDuration: time.Minute}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	got, err := bus.Snapshot("q")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range got.Messages {
		if _, ok := sent.Load(string(m.Body)); !ok || there[string(m.Body)] {
			t.Errorf("message %q: was sent: %v, is there twice: %v", m.Body, ok, there[string(m.Body)])
		}
		there[string(m.Body)] = true
	}
	lost := 0
	accepted.Range(func(body, _ any) bool {
		if !there[body.(string)] {
			lost++
		}
		return true
	})
	if lost > 0 || len(there) < 600 {
		t.Errorf("%d messages are there, %d that were accepted are lost", len(there), lost)
	}
}
