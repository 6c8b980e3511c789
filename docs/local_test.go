package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// Whoever starts Microsoft's emulator finds what busbell.yaml watches.
func TestTheEmulatorsFileHasTheQueues(t *testing.T) {
	file, err := os.Open("local/servicebus.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	bus, err := servicebus.ParseConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg, _ := config.LoadFile("../busbell.yaml")
	wanted := []string{"busbell-events", "busbell-recovery"}
	for _, source := range cfg.Watch.Sources {
		wanted = append(wanted, source.Queue)
	}
	if len(wanted) < 4 {
		t.Errorf("busbell.yaml watches no queues: %q", wanted)
	}
	has := map[string]bool{}
	for _, q := range bus.Queues {
		has[q.Name] = true
	}
	for _, name := range wanted {
		if !has[name] {
			t.Errorf("there is no queue %q", name)
		}
	}
}

func TestComposeOpensPortsOnThisMachineOnly(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Image   string
			Ports   []string
			Volumes []string
		}
	}
	readYAML(t, "local/compose.yaml", &compose)
	if len(compose.Services) != 3 {
		t.Errorf("services: %+v", compose.Services)
	}
	for name, s := range compose.Services {
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: anybody can reach port %s", name, port)
			}
		}
	}
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
