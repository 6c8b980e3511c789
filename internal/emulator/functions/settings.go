package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// LocalSettings reads the Values of a local.settings.json as a list of
// NAME=value, ready for [Config.Settings].
func LocalSettings(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("local settings: %w", err)
	}
	file := struct {
		IsEncrypted *bool
		Values      map[string]string
	}{}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file.IsEncrypted == nil || *file.IsEncrypted {
		return nil, fmt.Errorf(`%s: encrypted values are not understood: decrypt them and set "IsEncrypted": false`, path)
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(file.Values)) {
		list = append(list, name+"="+file.Values[name])
	}
	return list, nil
}

// An environment holds the host's settings, which are also those of the handler.
type environment map[string]string

// newEnvironment merges lists of NAME=value; the later list wins.
func newEnvironment(lists ...[]string) environment {
	env := make(environment)
	for _, list := range lists {
		for _, pair := range list {
			if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
				env[name] = value
			}
		}
	}
	return env
}

// list writes the environment as os/exec wants it.
func (e environment) list() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		list = append(list, name+"="+e[name])
	}
	return list
}

// lookup finds a setting; its name's case does not matter to the host.
func (e environment) lookup(name string) (string, bool) {
	if v, ok := e[name]; ok {
		return v, true
	}
	for _, n := range slices.Sorted(maps.Keys(e)) {
		if strings.EqualFold(n, name) {
			return e[n], true
		}
	}
	return "", false
}

var settingName = regexp.MustCompile(`%([^%]+)%`)

// resolve replaces each %NAME% by its setting. One that is undefined or empty
// is an error, because the host has no default for it.
func (e environment) resolve(s string) (string, error) {
	var errs []error
	out := settingName.ReplaceAllStringFunc(s, func(ref string) string {
		v, _ := e.lookup(strings.Trim(ref, "%"))
		if v == "" {
			errs = append(errs, fmt.Errorf("'%s' does not resolve to a value: set %s", ref, strings.Trim(ref, "%")))
		}
		return v
	})
	return out, errors.Join(errs...)
}

// expand replaces each %NAME% by its setting and drops the undefined ones,
// which is how the host treats the arguments of the handler.
func (e environment) expand(s string) string {
	return settingName.ReplaceAllStringFunc(s, func(ref string) string {
		v, _ := e.lookup(strings.Trim(ref, "%"))
		return v
	})
}

// disables reports whether a setting switches the named function off.
func (e environment) disables(function string) bool {
	v, _ := e.lookup("AzureWebJobs." + function + ".Disabled")
	return strings.EqualFold(v, "true") || v == "1"
}
