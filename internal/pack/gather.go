package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// entry is the path of the handler in the package. host.json must have exactly
// this path: the host's tools set the executable bit on this name only.
const entry = "bin/handler"

// A part is one file of the package.
type part struct {
	name string // within dist, with forward slashes
	from string // the file to copy; "" for the handler and the notices, which are made
}

// gather lists the files to publish from the project at root, sorted by name.
func gather(root, config string) ([]part, error) {
	if err := errors.Join(checkHost(filepath.Join(root, "host.json")), checkConfig(config)); err != nil {
		return nil, err
	}
	parts := []part{
		{name: "host.json", from: filepath.Join(root, "host.json")},
		{name: "busbell.yaml", from: config},
		{name: entry},
		{name: notices},
	}
	functions, err := filepath.Glob(filepath.Join(root, "*", "function.json"))
	if err != nil {
		return nil, err
	}
	if len(functions) == 0 {
		return nil, fmt.Errorf("no folder in %s holds a function.json", root)
	}
	for _, file := range functions {
		folder := filepath.Dir(file)
		if err := checkAlone(folder); err != nil {
			return nil, err
		}
		parts = append(parts, part{name: filepath.Base(folder) + "/function.json", from: file})
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, nil
}

// checkHost checks that host.json starts the handler of the package.
func checkHost(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var host struct {
		CustomHandler struct {
			Description struct {
				DefaultExecutablePath string `json:"defaultExecutablePath"`
			} `json:"description"`
		} `json:"customHandler"`
	}
	if err := json.Unmarshal(text, &host); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if got := host.CustomHandler.Description.DefaultExecutablePath; got != entry {
		return fmt.Errorf("%s: customHandler.description.defaultExecutablePath is %q; write %q, exactly", file, got, entry)
	}
	return nil
}

// checkConfig refuses the configuration of the demo. Other mistakes are reported by
// the handler when it starts.
func checkConfig(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w; name yours: make package CONFIG=path/to/busbell.yaml", err)
	}
	var config struct {
		Environment string `yaml:"environment"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if config.Environment == "demo" {
		return fmt.Errorf("%s says environment: demo, and drives the demo; "+
			"copy docs/example/busbell.yaml, make it yours, then: make package CONFIG=path/to/busbell.yaml", file)
	}
	return nil
}

// checkAlone refuses a function folder that has more than its function.json: the
// host uses a single other file as the function's script.
func checkAlone(folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name() != "function.json" {
			return fmt.Errorf("%s would be published beside function.json; move it elsewhere", filepath.Join(folder, f.Name()))
		}
	}
	return nil
}
