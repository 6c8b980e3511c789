// Package busbell holds what the Functions host reads of Busbell, for programs
// that run it without a clone: host.json, busbell.yaml and the function folders.
package busbell

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed host.json busbell.yaml */function.json
var files embed.FS

// Unpack writes these files into an empty folder. The host that reads them
// there starts the handler by this command line.
func Unpack(folder, program string, args ...string) error {
	if err := os.CopyFS(folder, files); err != nil {
		return err
	}
	name := filepath.Join(folder, "host.json")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var host map[string]any
	if err := json.Unmarshal(text, &host); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	handler, ok := host["customHandler"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s has no customHandler", name)
	}
	handler["description"] = map[string]any{"defaultExecutablePath": program, "arguments": args}
	if text, err = json.MarshalIndent(host, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
