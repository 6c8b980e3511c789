package notify

import "strings"

// A Span is a piece of text that is either ours or foreign. A channel sends our text
// unchanged, with emoji codes and *bold*. It escapes foreign text, which comes from a
// message, a header, an exception or the name of a queue.
type Span struct {
	Ours    string `json:"ours,omitempty"`
	Foreign string `json:"foreign,omitempty"`

	// Code shows a foreign text in a fixed-width font, Bold in bold.
	Code bool `json:"code,omitempty"`
	Bold bool `json:"bold,omitempty"`

	// URL makes the span a link. It must have been built by us; only its
	// escaped parts may be foreign.
	URL string `json:"url,omitempty"`

	// Time is a time in Unix seconds, which a channel shows in the zone of the reader
	// if it can. The other fields are then empty.
	Time int64 `json:"time,omitempty"`

	// Person is the Slack id of a person; only Slack can show the name. The other
	// fields are then empty.
	Person string `json:"person,omitempty"`
}

// Text is a line made of spans.
type Text []Span

// Ours is text written by us or by the author of the configuration.
func Ours(s string) Span { return Span{Ours: s} }

// Foreign is text from outside.
func Foreign(s string) Span { return Span{Foreign: s} }

// Code is foreign text in a fixed-width font.
func Code(s string) Span { return Span{Foreign: s, Code: true} }

// Bold is foreign text in bold.
func Bold(s string) Span { return Span{Foreign: s, Bold: true} }

// Person is a person by their Slack id.
func Person(id string) Span { return Span{Person: id} }

// At is a time in Unix seconds.
func At(unix int64) Span { return Span{Time: unix} }

// Empty reports whether the text says nothing.
func (t Text) Empty() bool {
	for _, s := range t {
		if s.Ours != "" || s.Foreign != "" || s.Time != 0 || s.Person != "" {
			return false
		}
	}
	return true
}

// Plain is the text without markup, for logs and for channels without markup. It does
// not contain times, which are up to the channel.
func (t Text) Plain() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Ours)
		b.WriteString(s.Foreign)
		b.WriteString(s.Person)
	}
	return b.String()
}
