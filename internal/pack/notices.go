package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// notices is the file with the licences of all that is linked.
const notices = "NOTICES.txt"

// writeNotices writes the licences of the modules that the programs of the
// project at root are made of, and Go's own, to a file.
func writeNotices(root, file string, programs ...string) error {
	const format = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}	{{.Dir}}{{end}}{{end}}`
	cmd := exec.Command("go", append([]string{"list", "-deps", "-f", format}, programs...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = root, buildEnv(), os.Stderr
	listed, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("list modules: %w", err)
	}
	goRoot := exec.Command("go", "env", "GOROOT")
	goRoot.Dir = root
	own, err := goRoot.Output()
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	lines := slices.Compact(slices.Sorted(strings.Lines(string(listed))))
	var text bytes.Buffer
	var errs []error
	for _, line := range append([]string{"Go\t" + string(own)}, lines...) {
		name, folder, found := strings.Cut(strings.TrimSpace(line), "\t")
		if found {
			errs = append(errs, writeLicence(&text, name, folder))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}

// writeLicence adds the licence and the notice of one module.
func writeLicence(to *bytes.Buffer, name, folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	found := false
	for _, f := range files {
		upper := strings.ToUpper(f.Name())
		isLicence := strings.HasPrefix(upper, "LICENSE") || strings.HasPrefix(upper, "LICENCE") || strings.HasPrefix(upper, "COPYING")
		if f.IsDir() || !isLicence && !strings.HasPrefix(upper, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		found = found || isLicence
		fmt.Fprintf(to, "==== %s: %s ====\n\n%s\n\n", name, f.Name(), bytes.TrimSpace(text))
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", name, folder)
	}
	return nil
}
