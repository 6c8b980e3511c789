package incident

import "encoding/json"

// A Cause is what an incident is about, as it may be shown: masked and cut.
type Cause struct {
	What  string `json:"what,omitempty"`  // what it happened to, in a word: the type of a message
	Where string `json:"where,omitempty"` // a queue, or a source
	Class string `json:"class,omitempty"` // why, in a word: the type of an exception
	Text  string `json:"text,omitempty"`  // why, in sentences
	Facts []Fact `json:"facts,omitempty"` // more about it, the most important first
	Trace string `json:"trace,omitempty"` // of the stack

	TraceID  string   `json:"traceId,omitempty"`  // of distributed tracing
	Features []string `json:"features,omitempty"` // that do not work because of it
	Links    []Link   `json:"links,omitempty"`    // configured
	Samples  []Sample `json:"samples,omitempty"`  // its newest messages

	// Evidence is what its observer needs to judge it again. Nobody else reads
	// it.
	Evidence json.RawMessage `json:"evidence,omitempty"`
}

// A Fact is a name and a value, shown as code if it is a name in code.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitempty"`
}

// A Link leads to a page about the cause.
type Link struct {
	Text string `json:"text"` // configured
	URL  string `json:"url"`
}

// A Sample is one of an incident's messages.
type Sample struct {
	Source         string `json:"source"` // its label
	SequenceNumber int64  `json:"sequenceNumber"`
	Identity       string `json:"identity,omitempty"`
}
