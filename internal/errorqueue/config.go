package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// Config is the key watch of busbell.yaml.
type Config struct {
	Sources      []Place
	Slack        setting.Slack
	RemindAfter  setting.Duration // 0: never; DefaultRemindAfter where the file is silent
	Quiet        Quiet
	Page         []PageRule // the first match wins
	Routes       []Route    // the first match wins
	Ignore       []IgnoreRule
	Frames       Frames
	Fingerprints []FingerprintRule
	Links        []Link
}

// DefaultRemindAfter is how long an open incident stays silent before we
// speak of it again.
const DefaultRemindAfter = setting.Duration(4 * time.Hour)

// Quiet holds back what does not page outside of the windows. Without windows
// nothing is held back.
type Quiet struct {
	Outside setting.Windows
	Zone    setting.Zone
}

// A PageRule says which incidents page, and how urgently.
type PageRule struct {
	When     string // in the scope Incidents
	Priority string // P1 to P5
}

// A Route replaces the channel of the incidents that match or, with Also,
// adds one.
type Route struct {
	When  string // in the scope Incidents
	Slack setting.Slack
	Also  bool
}

// An IgnoreRule silences the incidents that match, until the day is over.
type IgnoreRule struct {
	When    string // in the scope Incidents
	Until   setting.Date
	Because string
}

// Frames say by prefix whose stack frames are the team's own, and which
// belong to frameworks besides those we know.
type Frames struct{ Own, Framework []string }

// A FingerprintRule splits or merges what matches by one value.
type FingerprintRule struct {
	When string // in the scope Failures
	By   string // a value in the scope Failures
}

// A Link is shown with the incidents that match.
type Link struct {
	Text string
	URL  string // a text with placeholders in the scope Incidents
	When string // "" is always
}
