package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage/explain"
)

// A reading is the sources that a command reads. They are connected until end
// is called.
type reading struct {
	explain.Reader
	sources []source.Source
	unknown error // why these may not be all
	masker  *privacy.Masker
	end     func()
}

// readSource reads the source of a name or a path, which need not be one of
// busbell.yaml if there is none. A pattern of busbell.yaml stands for all that
// match.
func readSource(cmd *cobra.Command, o *operator.Tools, name string) (reading, error) {
	cfg, _, err := o.Config()
	if err != nil {
		return reading{}, err
	}
	at, err := cfg.Source(name)
	if err != nil {
		return reading{}, err
	}
	return read(cmd, o, at)
}

// readAll reads all sources of busbell.yaml.
func readAll(cmd *cobra.Command, o *operator.Tools) (reading, error) {
	cfg, found, err := o.Config()
	switch {
	case err != nil:
		return reading{}, err
	case !found:
		return reading{}, errors.New("no busbell.yaml here, so nothing says where to look; set BUSBELL_CONFIG to its path, or run this in its folder")
	}
	return read(cmd, o, cfg.Watch.Sources...)
}

func read(cmd *cobra.Command, o *operator.Tools, sources ...source.Source) (reading, error) {
	w, err := o.Watch()
	if err != nil {
		return reading{}, err
	}
	end, err := o.Connect(w)
	if err != nil {
		return reading{}, err
	}
	r := reading{Reader: explain.Reader{Open: w.Open, Explainer: w.Explainer, Progress: cmd.ErrOrStderr()}, masker: w.Masker, end: end}
	r.sources, r.unknown = o.Find(cmd.Context(), sources)
	return r, nil
}
