package triage

import (
	"time"

	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// Config is the key watch of busbell.yaml.
type Config struct {
	Sources      []source.Source   `yaml:"sources"`
	Slack        setting.Slack     `yaml:"slack"`
	RemindAfter  setting.Duration  `yaml:"remindAfter"` // 0: never; DefaultRemindAfter where the file is silent
	Quiet        Quiet             `yaml:"quiet"`
	Page         []PageRule        `yaml:"page"`   // the first match wins
	Routes       []Route           `yaml:"routes"` // the first match wins
	Ignore       []IgnoreRule      `yaml:"ignore"`
	Frames       Frames            `yaml:"frames"`
	Fingerprints []FingerprintRule `yaml:"fingerprints"`
	Links        []Link            `yaml:"links"`
}

// DefaultRemindAfter is how long an open incident stays silent before a reminder
// is sent.
const DefaultRemindAfter = setting.Duration(4 * time.Hour)

// Quiet holds back what does not page outside of the windows. Without windows
// nothing is held back.
type Quiet struct {
	Outside setting.Windows `yaml:"outside"`
	Zone    setting.Zone    `yaml:"zone"`
}

// A PageRule says which incidents page, and how urgently.
type PageRule struct {
	When     string `yaml:"when"`     // in the scope Incidents
	Priority string `yaml:"priority"` // P1 to P5
}

// A Route replaces the channel of the incidents that match or, with Also,
// adds one.
type Route struct {
	When  string        `yaml:"when"` // in the scope Incidents
	Slack setting.Slack `yaml:"slack"`
	Also  bool          `yaml:"also"`
}

// An IgnoreRule silences the incidents that match, until the day is over.
type IgnoreRule struct {
	When    string       `yaml:"when"` // in the scope Incidents
	Until   setting.Date `yaml:"until"`
	Because string       `yaml:"because"`
}

// Frames say by prefix whose stack frames are the team's own, and which
// belong to frameworks besides those we know.
type Frames struct {
	Own       []string `yaml:"own"`
	Framework []string `yaml:"framework"`
}

// A FingerprintRule splits or merges what matches: by one value, or by leaving
// out the message type, or both.
type FingerprintRule struct {
	When        string `yaml:"when"`        // in the scope Failures
	By          string `yaml:"by"`          // a value in the scope Failures, instead of exception type and frame
	MessageType *bool  `yaml:"messageType"` // false leaves it out; nil and true do not
}

// A Link is shown with the incidents that match.
type Link struct {
	Text string `yaml:"text"`
	URL  string `yaml:"url"`  // a text with placeholders in the scope Links
	When string `yaml:"when"` // "" is always
}
