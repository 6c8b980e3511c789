package feature

import (
	"github.com/busbell/busbell/internal/setting"
)

// Config is one item of the key features of busbell.yaml. Its expressions
// stand in the scope Events, say in the scope Milestones.
type Config struct {
	Name  string // its identity in the ledger
	Event string // a message type, * allowed
	When  string // "" is always

	Once []string         // say it once for each of these values together
	For  setting.Duration // for how long once holds; 0 is for ever

	Say   string        // "" means DefaultSay
	Slack setting.Slack // no channel means that of watch

	Counts  []int  // say only these, ascending
	Per     string // count for each value apart
	StartAt int    // what had happened before Busbell came

	Duplicates Duplicates
	Silence    Silence
	FollowedBy FollowedBy
}

// DefaultSay is said where a feature has no words of its own. Once events are
// counted it will say how many there were.
const DefaultSay = "{feature.name}: {message.type}"

// Duplicates report the same fact under different identities.
type Duplicates struct {
	Key    string
	Within setting.Duration
	Page   string // a priority; "" does not page
}

// Silence reports that the event did not happen for a while.
type Silence struct {
	After setting.Duration
	On    setting.Windows // "" is always
	Zone  setting.Zone
}

// FollowedBy reports that another event did not follow.
type FollowedBy struct {
	Event  string
	Key    string
	Within setting.Duration
}
