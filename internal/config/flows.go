package config

import (
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/triage"
)

// NewWatch is what of flow 1 the configuration decides: it understands, decides
// and words, and reaches nothing yet.
func (c Config) NewWatch(masker *privacy.Masker, paging bool) (*errorqueue.Watch, error) {
	rules, err := triage.NewRules(c.Watch)
	if err != nil {
		return nil, err
	}
	w := &errorqueue.Watch{
		Deployment:  incident.Deployment{Environment: c.Environment},
		RemindAfter: c.Watch.RemindAfter.Std(),
		Sources:     c.Watch.Sources,
		Triage:      triage.Triage{Reader: failure.NewReader(failure.Config{Own: c.Watch.Frames.Own, Framework: c.Watch.Frames.Framework}), Masker: masker, Rules: rules},
		Chat:        incident.Target{Channel: slack.Name, To: c.Watch.Slack.Channel, Mention: c.Watch.Slack.Mention},
	}
	if paging {
		w.Pager = incident.Target{Channel: opsgenie.Name}
	}
	return w, nil
}

// NewFeatures is what of flow 2 the configuration decides.
func (c Config) NewFeatures(masker *privacy.Masker) (*feature.Flow, error) {
	rules, err := feature.NewRules(c.Features, c.Watch.Slack)
	if err != nil {
		return nil, err
	}
	return &feature.Flow{Environment: c.Environment, Rules: rules, Masker: masker}, nil
}
