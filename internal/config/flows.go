package config

import (
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
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
		Tracker: lifecycle.Tracker{Deployment: notice.Deployment{Environment: c.Environment}, RemindAfter: c.Watch.RemindAfter.Std()},
		Sources: c.Watch.Sources,
		Triage:  triage.Triage{Reader: c.reader(), Masker: masker, Rules: rules},
		Chat:    incident.Target{Channel: slack.Name, To: c.Watch.Slack.Channel, Mention: c.Watch.Slack.Mention},
	}
	if paging {
		w.Pager = incident.Target{Channel: opsgenie.Name}
	}
	return w, nil
}

// reader understands failed messages as the configuration says.
func (c Config) reader() *failure.Reader {
	return failure.NewReader(failure.Config{
		Own: c.Watch.Frames.Own, Framework: c.Watch.Frames.Framework,
		Types: places(c.Message.Type), Exceptions: places(c.Message.Exception),
	})
}

// Flows are both flows as far as the configuration decides them. The watch
// names the features that a message type carries.
func (c Config) Flows(paging bool) (*errorqueue.Watch, *feature.Flow, error) {
	masker, err := privacy.New(c.Privacy)
	if err != nil {
		return nil, nil, err
	}
	w, err := c.NewWatch(masker, paging)
	if err != nil {
		return nil, nil, err
	}
	rules, err := feature.NewRules(c.Features, c.Watch.Slack)
	if err != nil {
		return nil, nil, err
	}
	w.Features = rules.Carries
	return w, &feature.Flow{Environment: c.Environment, Rules: rules, Types: places(c.Message.Type), Masker: masker}, nil
}
