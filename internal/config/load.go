package config

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/setting"
)

// A Setup is what settings and busbell.yaml say, and what is wrong with them.
type Setup struct {
	Settings Settings
	Problems []setting.Problem // of the settings
	File     string            // the path of busbell.yaml
	Config   Config
	Faults   []yamlfile.Fault // of busbell.yaml
}

// Load reads the settings and the busbell.yaml that they name, else the one
// beside host.json.
func Load(getenv func(string) string) Setup {
	var s Setup
	s.Settings, s.Problems = FromEnv(getenv)
	s.File = cmp.Or(s.Settings.ConfigFile, filepath.Join(getenv("FUNCTIONS_APP_ROOT_PATH"), "busbell.yaml"))
	s.Config, s.Faults = LoadFile(s.File)
	s.Problems = append(s.Problems, s.Settings.Warn(s.Config)...)
	return s
}

// Lines are the problems and faults, a line each: what is wrong, and what is
// only worth a warning.
func (s Setup) Lines() (wrong, warnings []string) {
	add := func(line string, warning bool) {
		if warning {
			warnings = append(warnings, line)
		} else {
			wrong = append(wrong, line)
		}
	}
	for _, p := range s.Problems {
		add(p.String(), p.Warning)
	}
	for _, f := range s.Faults {
		add(f.String(), f.Warning)
	}
	return wrong, warnings
}

// LoadFile reads the busbell.yaml at a path, as [Parse] does.
func LoadFile(path string) (Config, []yamlfile.Fault) {
	data, err := readSome(path)
	if err == nil {
		return Parse(path, data)
	}
	p := setting.Problem{What: "cannot be read", Cure: "make it readable for this program"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.What, p.Cure = "there is no such file", "create it, or set BUSBELL_CONFIG to its path"
	case errors.Is(err, syscall.EISDIR):
		p.What, p.Cure = "this is a folder", "set BUSBELL_CONFIG to the path of the file in it"
	}
	return Config{}, []yamlfile.Fault{{File: path, Problem: p}}
}

// readSome reads a file up to a byte more than we accept.
func readSome(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, yamlfile.MaxSize+1))
}
