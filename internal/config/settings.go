package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/setting"
)

// Settings are what the environment says; in Azure these are the app
// settings, with secrets out of a key vault.
type Settings struct {
	Bus     Bus
	Storage Storage

	Slack         slack.Config
	SigningSecret setting.Secret  // "": no buttons
	OpsGenie      opsgenie.Config // without a Key nobody is paged

	PingURL     setting.Secret // called after each good pass; "": nobody is
	NamespaceID string         // ARM id of the namespace; "": entity properties are not read
	ConfigFile  string         // path of busbell.yaml; "": the default

	Schedule, EventsQueue, RecoveryQueue string // what the function.json files refer to

	InAzure bool // running in a function app, not on a laptop
}

// FromEnv reads the settings and reports everything that is wrong with them
// at once. No problem repeats a value that could be a secret. The Settings
// are good when no problem is more than a warning.
func FromEnv(getenv func(string) string) (Settings, []setting.Problem) {
	e := &environ{getenv: getenv}
	s := Settings{InAzure: getenv("WEBSITE_SITE_NAME") != ""}
	s.Bus = e.bus()
	s.Storage = e.storage(s.InAzure)
	s.Slack = slack.Config{Token: e.secret("SLACK_BOT_TOKEN"), BaseURL: e.text("SLACK_API_URL")}
	s.SigningSecret = e.secret("SLACK_SIGNING_SECRET")
	s.OpsGenie = opsgenie.Config{Key: e.secret("OPSGENIE_API_KEY"), BaseURL: e.text("OPSGENIE_API_URL")}
	e.channels(s.Slack, s.OpsGenie)
	s.PingURL = e.pingURL()
	s.NamespaceID = e.namespaceID()
	s.ConfigFile = e.text("BUSBELL_CONFIG")
	s.Schedule = e.schedule()
	s.EventsQueue, s.RecoveryQueue = e.queue("FEATURE_EVENTS_QUEUE"), e.queue("RECOVERY_QUEUE")
	return s, e.problems
}

// OwnQueues are the queues whose messages functions of ours take.
func (s Settings) OwnQueues() []string {
	return slices.DeleteFunc([]string{s.EventsQueue, s.RecoveryQueue}, func(name string) bool { return name == "" })
}

// Warn reports what busbell.yaml asks for and the settings do not allow.
func (s Settings) Warn(c Config) []setting.Problem {
	paging := len(c.Watch.Page) > 0
	for _, f := range c.Features {
		paging = paging || f.Duplicates.Page != ""
	}
	if !paging || s.OpsGenie.Key != "" {
		return nil
	}
	return []setting.Problem{{Path: "OPSGENIE_API_KEY", What: "missing, so nobody is paged although busbell.yaml says when to", Cure: "set it to the key of an API integration", Warning: true}}
}

// An environ reads settings and collects what is wrong with them.
type environ struct {
	getenv   func(string) string
	problems []setting.Problem
}

func (e *environ) wrong(name, what, cure string) {
	e.problems = append(e.problems, setting.Problem{Path: name, What: what, Cure: cure})
}

func (e *environ) warn(name, what, cure string) {
	e.problems = append(e.problems, setting.Problem{Path: name, What: what, Cure: cure, Warning: true})
}

// text is a setting without the blanks around it. One that refers to a key
// vault and was not resolved is as good as missing, and said.
func (e *environ) text(name string) string {
	value := strings.TrimSpace(e.getenv(name))
	if strings.HasPrefix(value, "@Microsoft.KeyVault(") {
		e.wrong(name, "the Key Vault reference was not resolved", "let the app's identity read the secret (the role Key Vault Secrets User on the vault), and look at the reference's status in the portal")
		return ""
	}
	return value
}

func (e *environ) secret(name string) setting.Secret { return setting.Secret(e.text(name)) }

// channels checks the settings of Slack and OpsGenie, except for what was
// said of them already. Without a key there is no paging, which is allowed.
func (e *environ) channels(s slack.Config, o opsgenie.Config) {
	if o.Key == "" {
		o.Key = "unset"
	}
	for _, p := range slices.Concat(s.Validate(), o.Validate()) {
		if !slices.ContainsFunc(e.problems, func(q setting.Problem) bool { return q.Path == p.Path }) {
			e.problems = append(e.problems, p)
		}
	}
}

func (e *environ) pingURL() setting.Secret {
	const name = "PING_URL"
	value := e.text(name)
	if value == "" {
		return ""
	}
	if what := webAddress(value); what != "" {
		e.wrong(name, what, "set it to the https URL that your dead-man service gave you")
	}
	return setting.Secret(value)
}

var (
	armID     = regexp.MustCompile(`(?i)^/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.ServiceBus/namespaces/[^/\s]+$`)
	queueName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/~-]*[A-Za-z0-9])?$`) // and at most maxQueueName
	timeSpan  = regexp.MustCompile(`^(\d+\.)?\d{1,2}:\d{2}:\d{2}$`)
)

const maxQueueName = 260

func (e *environ) namespaceID() string {
	const name = "SERVICEBUS_RESOURCE_ID"
	value := e.text(name)
	if value != "" && !armID.MatchString(value) {
		e.wrong(name, "not the ARM id of a Service Bus namespace", "set it to /subscriptions/…/resourceGroups/…/providers/Microsoft.ServiceBus/namespaces/…, or leave it unset")
	}
	return value
}

// queue reads the name of one of our own queues. The host has resolved it
// before; one that is unset belongs to a function that is not deployed.
func (e *environ) queue(name string) string {
	value := e.text(name)
	if value != "" && (len(value) > maxQueueName || !queueName.MatchString(value)) {
		e.wrong(name, fmt.Sprintf("%.60q is not the name of a queue", value), "set it to the name alone, like busbell-events")
	}
	return value
}

func (e *environ) schedule() string {
	const name = "ERROR_QUEUE_SCHEDULE"
	value := e.text(name)
	if n := len(strings.Fields(value)); value != "" && n != 5 && n != 6 && !timeSpan.MatchString(value) {
		e.wrong(name, fmt.Sprintf("%.60q is not a schedule", value), `set it to six fields like "0 */2 * * * *"`)
	}
	return value
}
