package main

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// packed is the time of every file in the zip: the earliest that a zip can have,
// so that the same files give the same bytes on any day.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeZip writes the parts in dist to file. Only the handler has the executable
// bit.
func writeZip(file, dist string, parts []part) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	for _, p := range parts {
		if err := addToZip(z, dist, p); err != nil {
			return err
		}
	}
	return z.Close()
}

func addToZip(z *zip.Writer, dist string, p part) error {
	text, err := os.ReadFile(filepath.Join(dist, filepath.FromSlash(p.name)))
	if err != nil {
		return err
	}
	header := &zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: packed}
	header.SetMode(0o644)
	if p.name == entry {
		header.SetMode(0o755)
	}
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
