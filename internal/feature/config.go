package feature

import (
	"github.com/busbell/busbell/internal/setting"
)

// Config is one item of the key features of busbell.yaml. Its expressions have
// the scope Events; say has the scope Milestones.
type Config struct {
	Name  string `yaml:"name"`  // its identity in the ledger
	Event string `yaml:"event"` // a message type, * allowed
	When  string `yaml:"when"`  // "" means always

	Once []string         `yaml:"once"` // post once for each combination of these values
	For  setting.Duration `yaml:"for"`  // how long once holds; 0 means for ever

	Say   string        `yaml:"say"`   // "" means DefaultSay
	Slack setting.Slack `yaml:"slack"` // without a channel: that of watch

	Counts  []int  `yaml:"counts"`  // post only these counts, ascending
	Per     string `yaml:"per"`     // count separately for each value
	StartAt int    `yaml:"startAt"` // the count before Busbell was deployed

	Duplicates Duplicates `yaml:"duplicates"`
	Silence    Silence    `yaml:"silence"`
	FollowedBy FollowedBy `yaml:"followedBy"`
}

// DefaultSay is the text of a feature without say.
const DefaultSay = "{feature.name}: {message.type}"

// Duplicates reports the same fact under different identities.
type Duplicates struct {
	Key    string           `yaml:"key"`
	Within setting.Duration `yaml:"within"`
	Page   string           `yaml:"page"` // a priority; "" means no page
}

// Silence reports that an event has not happened for a while.
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
