package feature

import (
	"github.com/busbell/busbell/internal/setting"
)

// Config is one item of the key features of busbell.yaml. Its expressions
// stand in the scope Events, say in the scope Milestones.
type Config struct {
	Name  string `yaml:"name"`  // its identity in the ledger
	Event string `yaml:"event"` // a message type, * allowed
	When  string `yaml:"when"`  // "" is always

	Once []string         `yaml:"once"` // say it once for each of these values together
	For  setting.Duration `yaml:"for"`  // for how long once holds; 0 is for ever

	Say   string        `yaml:"say"`   // "" means DefaultSay
	Slack setting.Slack `yaml:"slack"` // no channel means that of watch

	Counts  []int  `yaml:"counts"`  // say only these, ascending
	Per     string `yaml:"per"`     // count for each value apart
	StartAt int    `yaml:"startAt"` // what had happened before Busbell came

	Duplicates Duplicates `yaml:"duplicates"`
	Silence    Silence    `yaml:"silence"`
	FollowedBy FollowedBy `yaml:"followedBy"`
}

// DefaultSay is said where a feature has no words of its own. Once events are
// counted it will say how many there were.
const DefaultSay = "{feature.name}: {message.type}"

// Duplicates report the same fact under different identities.
type Duplicates struct {
	Key    string           `yaml:"key"`
	Within setting.Duration `yaml:"within"`
	Page   string           `yaml:"page"` // a priority; "" does not page
}

// Silence reports that the event did not happen for a while.
type Silence struct {
	After setting.Duration `yaml:"after"`
	On    setting.Windows  `yaml:"on"` // "" is always
	Zone  setting.Zone     `yaml:"zone"`
}

// FollowedBy reports that another event did not follow.
type FollowedBy struct {
	Event  string           `yaml:"event"`
	Key    string           `yaml:"key"`
	Within setting.Duration `yaml:"within"`
}
