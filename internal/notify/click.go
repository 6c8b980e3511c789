package notify

import (
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// A Click is a person's use of a button of a page.
type Click struct {
	Action string    // the Action's ID
	Value  string    // the Action's Value
	By     string    // the channel's own id of the person
	At     time.Time // by the channel's clock: the same whenever the click arrives

	// Origin is the origin of the page, as the button says. A click on a page of another
	// Busbell must not be accepted.
	Origin Origin
	Answer setting.Secret // the address for an answer to the person
}
