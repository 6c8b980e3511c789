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
	"github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/privacy"
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
	s.mask()
	return s
}

// mask takes out of the problems and faults what has the shape of a secret:
// somebody may have put one into a setting that is none, and problems are shown
// in Slack and logged.
func (s *Setup) mask() {
	masker, err := privacy.New(privacy.Config{})
	if err != nil { // the zero Config is good
		return
	}
	for i := range s.Problems {
		s.Problems[i].What = masker.MaskSecrets(s.Problems[i].What)
	}
	for i := range s.Faults {
		s.Faults[i].What = masker.MaskSecrets(s.Faults[i].What)
	}
}

// Unset says which settings are missing that the host or people need, a line
// each, and what ends one day. Nothing of it is wrong.
func (s Setup) Unset() []string {
	var all []setting.Problem
	add := func(unset bool, name, what, cure string) {
		if unset {
			all = append(all, setting.Problem{Path: name, What: what, Cure: cure})
		}
	}
	add(s.Settings.Schedule == "", "ERROR_QUEUE_SCHEDULE", "missing, so the host does not start ErrorQueueTimer and nothing is watched", `set it to six fields like "0 */2 * * * *"`)
	add(s.Settings.EventsQueue == "" && len(s.Config.Features) > 0, "FEATURE_EVENTS_QUEUE",
		"missing, so the host does not start FeatureEventTrigger and no milestone is posted", "set it to the name of the queue with the events, like busbell-events")
	add(s.Settings.SigningSecret == "", "SLACK_SIGNING_SECRET", "missing, so messages have no buttons", "set it to the signing secret of your Slack app")
	add(s.Settings.OpsGenie.Ends() != "", "OPSGENIE_API_URL", opsgenie.End, s.Settings.OpsGenie.Ends())
	var lines []string
	for _, p := range all {
		lines = append(lines, p.String())
	}
	return lines
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
