package app

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/busbell/busbell/internal/setting"
)

// LoadConfig reads the file busbell.yaml at a path, as [ReadConfig] does.
func LoadConfig(path string) (Config, []Fault) {
	data, err := readSome(path)
	if err == nil {
		return ReadConfig(path, data)
	}
	p := setting.Problem{What: "cannot be read", Cure: "make it readable for this program"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.What, p.Cure = "there is no such file", "create it, or set BUSBELL_CONFIG to its path"
	case errors.Is(err, syscall.EISDIR):
		p.What, p.Cure = "this is a folder", "set BUSBELL_CONFIG to the path of the file in it"
	}
	return Config{}, []Fault{{File: path, Problem: p}}
}

// readSome reads a file up to a byte more than we accept.
func readSome(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, largestFile+1))
}
