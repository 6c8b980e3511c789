package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// Source finds a source, or a pattern, by what people call it or by the broker's
// path. Where nothing says what is watched, every path is a source.
func (c Config) Source(name string) (source.Source, error) {
	if p, ok := c.watched(name); ok {
		return p, nil
	}
	if len(c.Watch.Sources) == 0 {
		return source.Parse(name), nil
	}
	var labels []string
	for _, p := range c.Watch.Sources {
		labels = append(labels, p.Label())
	}
	return source.Source{}, fmt.Errorf("there is no source %q in busbell.yaml; %s", name, setting.Suggest(name, labels))
}

// SourceOf is the source at an entity's path, by its name where it is watched.
func (c Config) SourceOf(entity string) source.Source {
	if p, ok := c.watched(entity); ok {
		return p
	}
	return source.Parse(entity)
}

func (c Config) watched(name string) (source.Source, bool) {
	for _, p := range c.Watch.Sources {
		if strings.EqualFold(p.Label(), name) || strings.EqualFold(p.Entity(), name) {
			return p, true
		}
	}
	found := source.Parse(name)
	for _, p := range c.Watch.Sources {
		if p.Matches(found) && !found.Pattern() {
			return found, true
		}
	}
	return source.Source{}, false
}

// Channels are those of Slack that the configuration names, each once.
func (c Config) Channels() []string {
	var all []string
	add := func(s setting.Slack) {
		if s.Channel != "" && len(s.Validate()) == 0 && !slices.Contains(all, s.Channel) {
			all = append(all, s.Channel)
		}
	}
	add(c.Watch.Slack)
	for _, r := range c.Watch.Routes {
		add(r.Slack)
	}
	for _, f := range c.Features {
		add(f.Slack)
	}
	return all
}
