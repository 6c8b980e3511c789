package notify

// An Act is what a notice does in its channel.
type Act string

// The acts. Announce creates a page: the message or alert of one subject in
// one channel. The others need that page and wait until it is there.
const (
	Announce Act = "announce" // post a message, raise an alert
	Revise   Act = "revise"   // bring the page up to date, silently
	Remark   Act = "remark"   // add a line to the page's thread
	End      Act = "end"      // close the alert
)

// A State is the face that a page shows: its colour and its sign.
type State string

// The faces of a page.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
	Snoozed      State = "snoozed"
	Resolved     State = "resolved"
	Milestone    State = "milestone"
	Blind        State = "blind" // we cannot see
)

// A Notice is one thing to say to one channel because of one reason. It is
// written to the ledger before it is sent and carries all that sending needs.
type Notice struct {
	// Key names the thing said, from the business fact alone, never from the
	// time or the run that says it: the same key is never said twice.
	Key string `json:"key"`

	Channel string `json:"channel"` // which Channel delivers it: "slack", "opsgenie"
	To      string `json:"to"`      // where in that channel: "#bus-errors"; "" where it has no places
	Act     Act    `json:"act"`
	Reason  string `json:"reason"` // why we speak: in the message, the log and the ledger

	// Page is the key of the notice that announced the page, for acts other
	// than Announce.
	Page string `json:"page,omitempty"`

	// After is the key of a notice that comes first: until that one is said, or
	// will never be, this one waits.
	After string `json:"after,omitempty"`

	// Subject is what it is about ("incident/<fingerprint>/3"); Moot is asked
	// with it. Version orders the revisions of one page: an older one is not
	// shown over a newer one.
	Subject string `json:"subject"`
	Version int64  `json:"version,omitempty"`

	State    State    `json:"state,omitempty"`
	Headline Text     `json:"headline,omitempty"` // one line that stands alone
	Mention  string   `json:"mention,omitempty"`  // from the configuration only
	Facts    []Fact   `json:"facts,omitempty"`
	Trace    string   `json:"trace,omitempty"` // foreign, many lines, masked
	File     *File    `json:"file,omitempty"`  // of a remark: what is too long for it
	Lines    []Text   `json:"lines,omitempty"` // a digest's entries, a remark's lines
	Footer   Text     `json:"footer,omitempty"`
	Loud     bool     `json:"loud,omitempty"`     // a remark that the whole channel should see
	Priority string   `json:"priority,omitempty"` // P1 to P5, for pagers
	Alias    string   `json:"alias,omitempty"`    // the pager's own key of the alert
	Actions  []Action `json:"actions,omitempty"`  // buttons

	// Origin is whose notice it is. Delivery sets it when it sends.
	Origin Origin `json:"-"`

	// Round counts the pages that were made anew under the same Key because
	// the one before was deleted. Delivery sets it.
	Round int `json:"round,omitempty"`
}

// A Fact is a name and its value: "Queue", "shop.billing".
type Fact struct {
	Name  string `json:"name"` // ours
	Value Text   `json:"value"`
}

// A File is a text that belongs to a remark and is too long to stand in it.
// A channel that takes no files shows its beginning as the remark's Trace.
type File struct {
	Name    string `json:"name"`         // ours: "trace.txt"
	Content string `json:"content"`      // foreign, masked; cut at MaxFile
	ID      string `json:"id,omitempty"` // the channel's own, once uploaded; Delivery sets it
}

// MaxFile is how many bytes of a File's content are kept.
const MaxFile = 256 << 10

// An Action is a button of a page.
type Action struct {
	ID    string `json:"id"`    // fixed word: "acknowledge"
	Label string `json:"label"` // ours
	Value string `json:"value"` // opaque reference, never a payload
}
