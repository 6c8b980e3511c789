package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

func TestEmulatorPageShowsWhatWorks(t *testing.T) {
	page, err := os.ReadFile("emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, m := range fenced.FindAllStringSubmatch(string(page), -1) {
		kinds[m[1]]++
		switch m[1] {
		case "json":
			cfg, err := servicebus.ParseConfig(strings.NewReader(m[2]))
			if err != nil || len(cfg.Queues) != 2 || len(cfg.Topics) != 1 {
				t.Errorf("entities.json: %+v, %v", cfg, err)
			}
		case "yaml":
			var v map[string]any
			if err := yaml.Unmarshal([]byte(m[2]), &v); err != nil || v["services"] == nil && v["jobs"] == nil {
				t.Errorf("%v: %s", err, m[2])
			}
		}
	}
	if kinds["json"] != 1 || kinds["yaml"] != 2 {
		t.Errorf("blocks: %v", kinds)
	}
	bus, err := servicebus.Start(servicebus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bus.Close() }()
	if want := strings.Replace(bus.ConnectionString(), bus.Addr(), "127.0.0.1:5672", 1); strings.Count(string(page), want) != 2 {
		t.Errorf("the page does not show the connection string %s", want)
	}
}
