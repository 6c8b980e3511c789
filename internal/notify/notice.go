package notify

import "time"

// An Act is what a notice does in its channel.
type Act string

// The acts. Post creates a page: the message or alert of one subject in one
// channel. The others need that page and wait until it exists.
const (
	Post   Act = "post"   // post a message, open an alert
	Update Act = "update" // change the page silently
	Reply  Act = "reply"  // add a line to the page's thread
	Close  Act = "close"  // close the alert
)

// A State decides the colour and the status icon of a page.
type State string

// The states of a page.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
	Snoozed      State = "snoozed"
	Resolved     State = "resolved"
	Milestone    State = "milestone"
	Unreadable   State = "unreadable" // the source cannot be read
)

// A Notice tells one channel one thing for one reason. It is written to the
// ledger before it is sent and carries all that sending needs.
type Notice struct {
	// Key names the notice after the business fact, never after the time or
	// the run: the same key is never sent twice.
	Key string `json:"key"`

	Channel string `json:"channel"` // which Channel delivers it: "slack", "opsgenie"
	To      string `json:"to"`      // where in that channel: "#bus-errors"; "" where it has no places
	Act     Act    `json:"act"`
	Reason  string `json:"reason"` // shown in the message, the log and the ledger

	// Page is the key of the notice that posted the page, for acts other than
	// Post.
	Page string `json:"page,omitempty"`

	// After is the key of a notice that comes first: this one waits until that
	// one is sent or given up.
	After string `json:"after,omitempty"`

	// Subject is what it is about ("incident/<fingerprint>/3"). Version orders
	// the updates of one page: an older one never replaces a newer one.
	Subject string `json:"subject"`
	Version int64  `json:"version,omitempty"`

	State     State    `json:"state,omitempty"`
	Headline  Text     `json:"headline,omitempty"` // one line that stands alone
	Mention   string   `json:"mention,omitempty"`  // from the configuration only
	Facts     []Fact   `json:"facts,omitempty"`
	Trace     string   `json:"trace,omitempty"` // foreign, many lines, masked
	File      *File    `json:"file,omitempty"`  // of a reply: what is too long for it
	Lines     []Text   `json:"lines,omitempty"` // a digest's entries, a reply's lines
	Footer    Text     `json:"footer,omitempty"`
	Broadcast bool     `json:"broadcast,omitempty"` // a reply that the whole channel sees too
	Priority  string   `json:"priority,omitempty"`  // P1 to P5, for pagers
	Alias     string   `json:"alias,omitempty"`     // the pager's own key of the alert
	Actions   []Action `json:"actions,omitempty"`   // buttons

	// Origin is the Busbell that sends it. The outbox sets it.
	Origin Origin `json:"-"`

	// Repost counts the pages that were posted under the same Key because the
	// one before was deleted. The outbox sets it.
	Repost int `json:"repost,omitempty"`
}

// A Record is a notice and what became of it.
type Record struct {
	Notice    Notice // of a page: what it shows now
	Reason    string // why it was sent; of a page: why it was posted
	Written   time.Time
	Fate      string // said, waiting, perhaps said, not needed, given up
	Tries     int
	LastError string // where it is not sent
	Receipt   Receipt
}

// A Fact is a name and its value: "Queue", "shop.billing".
type Fact struct {
	Name  string `json:"name"` // ours
	Value Text   `json:"value"`
}

// A File is a text that belongs to a reply and is too long for it. A channel
// that takes no files shows its beginning as the reply's Trace.
type File struct {
	Name    string `json:"name"`         // ours: "trace.txt"
	Content string `json:"content"`      // foreign, masked; cut at MaxFile
	ID      string `json:"id,omitempty"` // the channel's own, once uploaded; the outbox sets it
}

// MaxFile is how many bytes of a File's content are kept.
const MaxFile = 256 << 10

// An Action is a button of a page.
type Action struct {
	ID    string `json:"id"`    // fixed word: "acknowledge"
	Label string `json:"label"` // ours
	Value string `json:"value"` // opaque reference, never a payload
}
