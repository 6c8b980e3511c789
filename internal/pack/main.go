// Command pack builds the package to publish: the folder dist, and dist.zip with
// the same files.
//
// It removes earlier results, reads host.json and the function folders, copies
// them and the configuration, builds the handler for Azure (linux/amd64) under the
// name in host.json, checks that the folder has exactly the wanted files, and zips
// it. Two runs on one commit with the same Go give the same bytes. pack writes
// the executable bit itself, so it works on every system.
//
// It finds mistakes that would otherwise show only after publishing: a wrong path
// of the handler in host.json, the configuration of the demo, an extra file beside
// a function.json.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	switch err := run(os.Args[1:], os.Stdout); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pack", flag.ContinueOnError)
	config := flags.String("config", "busbell.yaml", "the `file` to publish as busbell.yaml")
	version := flags.String("version", "dev", "the version that the handler tells")
	alone := flags.String("notices", "", "write only the licences of all programs, to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *alone != "" {
		file, err := filepath.Abs(*alone)
		if err != nil {
			return err
		}
		return writeNotices(".", file, "./handler", "./cmd/busbell")
	}
	parts, err := pack(".", *config, goBuild(".", *version))
	if err != nil {
		return err
	}
	for _, p := range parts {
		fmt.Fprintln(out, "  dist/"+p.name)
	}
	fmt.Fprintln(out, "packed dist and dist.zip, version", *version)
	return nil
}

// pack creates dist and dist.zip in root, and returns their parts. After an error
// neither exists, not even from an earlier run.
func pack(root, config string, build func(path string) error) (parts []part, err error) {
	dist, zipped := filepath.Join(root, "dist"), filepath.Join(root, "dist.zip")
	remove := func() error { return errors.Join(os.RemoveAll(dist), os.RemoveAll(zipped)) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	if err := remove(); err != nil {
		return nil, err
	}
	if parts, err = gather(root, config); err != nil {
		return nil, err
	}
	if err := assemble(dist, parts, build); err != nil {
		return nil, err
	}
	return parts, writeZip(zipped, dist, parts)
}
