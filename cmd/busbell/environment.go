package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/busbell/busbell/internal/emulator/functions"
)

// environment is an environment in which the Values of local.settings.json
// count where it is silent: of the file in this folder, if host.json is here
// too. So the command line knows what func start knows.
func environment(getenv func(string) string) (func(string) string, error) {
	if _, err := os.Stat("host.json"); err != nil {
		return getenv, nil
	}
	values, err := functions.LocalSettings("local.settings.json")
	if errors.Is(err, fs.ErrNotExist) {
		return getenv, nil
	}
	if err != nil {
		return nil, err
	}
	local := map[string]string{}
	for _, pair := range values {
		name, value, _ := strings.Cut(pair, "=")
		local[name] = value
	}
	return func(name string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return local[name]
	}, nil
}
