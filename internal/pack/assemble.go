package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// assemble copies the parts into the folder dist, which does not exist yet. build
// writes the handler, or the notices, to the given path.
func assemble(dist string, parts []part, build func(path string) error) error {
	for _, p := range parts {
		to := filepath.Join(dist, filepath.FromSlash(p.name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		put := build
		if p.from != "" {
			put = func(to string) error { return copyFile(to, p.from) }
		}
		if err := put(to); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return checkContents(dist, parts)
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// goBuild builds the handler from the sources in root as Azure runs it: for
// linux/amd64, without cgo, and independent of the machine and its Go settings.
func goBuild(root, version string) func(path string) error {
	return func(path string) error {
		path, err := filepath.Abs(path)
		switch {
		case err != nil:
			return err
		case filepath.Base(path) == notices:
			return writeNotices(root, path, "./handler")
		}
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
			"-ldflags", "-s -w -X github.com/busbell/busbell/internal/app.version="+version,
			"-o", path, "./handler")
		cmd.Dir = root
		cmd.Env = buildEnv()
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		return cmd.Run()
	}
}

// buildEnv is the environment of Go's tools.
func buildEnv() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=", "GOEXPERIMENT=")
}

// checkContents checks that dist has the parts and nothing else.
func checkContents(dist string, parts []part) error {
	var there []string
	err := filepath.WalkDir(dist, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dist, path)
		there = append(there, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return err
	}
	var wrong []error
	for _, name := range there {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			wrong = append(wrong, fmt.Errorf("%s would be published, but is not part of the app", name))
		}
	}
	for _, p := range parts {
		if !slices.Contains(there, p.name) {
			wrong = append(wrong, fmt.Errorf("%s is missing", p.name))
		}
	}
	return errors.Join(wrong...)
}
