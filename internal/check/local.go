package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/setting"
)

// told are the facts about the settings.
func (c *checkup) told(context.Context) []Fact {
	var facts []Fact
	for _, p := range c.Problems {
		facts = append(facts, Fact{Name: "setting " + p.Path, OK: p.Warning, Detail: p.What, Cure: p.Cure})
	}
	if name, id := c.Settings.Bus.Namespace, c.Settings.NamespaceID; name != "" && id != "" && !c.broken("SERVICEBUS_", "ServiceBus") {
		if host, _, _ := strings.Cut(name, "."); !strings.EqualFold(host, path.Base(id)) {
			facts = append(facts, Fact{
				Name: "setting SERVICEBUS_RESOURCE_ID", OK: true, Detail: "it is the id of another namespace than that of ServiceBus__fullyQualifiedNamespace",
				Cure: "correct one of them, unless the name is an alias of the namespace",
			})
		}
	}
	if !slices.ContainsFunc(facts, func(f Fact) bool { return !f.OK }) {
		facts = append([]Fact{fine("settings", "complete (version %s)", c.Version)}, facts...)
	}
	return facts
}

// written are the facts about busbell.yaml.
func (c *checkup) written(context.Context) []Fact {
	var facts []Fact
	good := true
	for _, f := range c.Faults {
		good = good && f.Warning
		said := f
		said.Cure = "" // it has a field of its own
		facts = append(facts, Fact{Name: "config", OK: f.Warning, Detail: said.String(), Cure: f.Cure})
	}
	if good {
		w := c.Config.Watch
		facts = append([]Fact{fine("config", "%s: environment %s, %s, %s",
			filepath.Base(c.File), c.Config.Environment, count(len(w.Sources), "source"), count(len(c.Config.Features), "feature"))}, facts...)
	}
	return facts
}

// A folder is what a function's folder says.
type folder struct {
	name, route string
	settings    []string // that it names as %NAME%
	err         error    // why no more is known of it
}

var named = regexp.MustCompile(`%(\w+)%`)

// folders reads the function.json files beside host.json. One that cannot be
// read hides no other.
func (c *checkup) folders() ([]folder, error) {
	root := c.Getenv("FUNCTIONS_APP_ROOT_PATH")
	if _, err := os.Stat(filepath.Join(root, "host.json")); err != nil {
		return nil, errors.New("no host.json here")
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "function.json"))
	var all []folder
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		f := folder{name: name, route: "/" + name}
		var function struct {
			Bindings []struct{ Type, Route string }
		}
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &function)
		}
		if err != nil {
			f.err = fmt.Errorf("%s/function.json: %w", name, err)
		}
		for _, b := range function.Bindings {
			if strings.EqualFold(b.Type, "httpTrigger") {
				f.route = "/api/" + b.Route
			}
		}
		for _, m := range named.FindAllStringSubmatch(string(data), -1) {
			f.settings = append(f.settings, m[1])
		}
		all = append(all, f)
	}
	return all, err
}

// functions are the facts about what the host reads.
func (c *checkup) functions(context.Context) []Fact {
	folders, err := c.folders()
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "no host.json"):
		return []Fact{fine("functions", "not looked at: %s", err)}
	case err != nil:
		return []Fact{Wrong("functions", err)}
	}
	var facts []Fact
	var found []string
	for _, f := range folders {
		var missing []string
		for _, name := range f.settings {
			if strings.TrimSpace(c.Getenv(name)) == "" {
				missing = append(missing, "%"+name+"%")
			}
		}
		served := slices.Contains(c.Routes, f.route)
		switch name := "function " + f.name; {
		case f.err != nil:
			facts = append(facts, Wrong(name, setting.Cure(f.err, "publish from dist/ again")))
		case !served:
			facts = append(facts, Wrong(name, setting.Cure(errors.New("the handler has no route "+f.route), "publish handler and folders of one version")))
		case missing != nil:
			facts = append(facts, Wrong(name, setting.Cure(fmt.Errorf("its function.json names %s, and no such setting is there", strings.Join(missing, ", ")), "set it; without it the host does not start the function")))
		default:
			facts = append(facts, fine(name, "its settings are there"))
		}
		found = append(found, f.route)
	}
	unknown := slices.ContainsFunc(folders, func(f folder) bool { return f.err != nil })
	for _, route := range slices.Sorted(slices.Values(c.Routes)) {
		if slices.Contains(found, route) || unknown && strings.HasPrefix(route, "/api/") {
			continue // a folder that cannot be read may be that of it
		}
		facts = append(facts, Wrong("function "+strings.TrimPrefix(route, "/"), setting.Cure(errors.New("no folder has its function.json, so nothing calls it"), "publish from dist/ again")))
	}
	return facts
}
