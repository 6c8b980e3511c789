package condition

import (
	"time"

	"cel.dev/cel-go/cel"
)

// Vars are the values of a scope's variables: [*WatchVars] or [*EventVars].
type Vars interface {
	lookup(name string) (any, bool)
}

// WatchVars are the values for the scopes Failures, Incidents and Links.
type WatchVars struct {
	Failure  Failure
	Incident Incident // unused in Failures
	Source   Source
	Carried  // unused in Links
}

// Carried is what a failed message carries, as far as expressions name it.
type Carried struct {
	Message Message
	Headers map[string]string
}

// A Failure is the variable failure. A text is "" when the message carries no
// such fact.
type Failure struct {
	Framework, MessageType, FailingQueue      string
	ExceptionType, ExceptionMessage           string
	InnerType, InnerMessage                   string
	Reason, Description                       string
	FirstOwnFrame, Handler, Identity, TraceID string
	FailedAt                                  time.Time
}

// An Incident is the variable incident.
type Incident struct {
	Count      int64 // messages there at the last look
	Generation int64
	Age        time.Duration // of the oldest message still there
	FirstSeen  time.Time
}

// A Source is the variable source.
type Source struct {
	Name, Entity string
	DeadLetter   bool
}

// EventVars are the values for the scopes Events and Milestones.
type EventVars struct {
	Event   any // as [Body] reads it
	Message Message
	Headers map[string]string
	Feature Feature // unused in Events
}

// A Message is the variable message.
type Message struct {
	Type, ID, CorrelationID, Framework string
	EnqueuedAt                         time.Time
}

// A Feature is the variable feature.
type Feature struct {
	Name, Key string
	Count     int64
}

func (v *WatchVars) lookup(name string) (any, bool) {
	switch name {
	case "failure.framework":
		return v.Failure.Framework, true
	case "failure.messageType":
		return v.Failure.MessageType, true
	case "failure.failingQueue":
		return v.Failure.FailingQueue, true
	case "failure.exceptionType":
		return v.Failure.ExceptionType, true
	case "failure.exceptionMessage":
		return v.Failure.ExceptionMessage, true
	case "failure.innerType":
		return v.Failure.InnerType, true
	case "failure.innerMessage":
		return v.Failure.InnerMessage, true
	case "failure.reason":
		return v.Failure.Reason, true
	case "failure.description":
		return v.Failure.Description, true
	case "failure.firstOwnFrame":
		return v.Failure.FirstOwnFrame, true
	case "failure.handler":
		return v.Failure.Handler, true
	case "failure.identity":
		return v.Failure.Identity, true
	case "failure.traceId":
		return v.Failure.TraceID, true
	case "failure.failedAt":
		return v.Failure.FailedAt, true
	case "incident.count":
		return v.Incident.Count, true
	case "incident.generation":
		return v.Incident.Generation, true
	case "incident.age":
		return v.Incident.Age, true
	case "incident.firstSeen":
		return v.Incident.FirstSeen, true
	case "source.name":
		return v.Source.Name, true
	case "source.entity":
		return v.Source.Entity, true
	case "source.deadLetter":
		return v.Source.DeadLetter, true
	case "headers":
		return v.Headers, true
	}
	return v.Message.lookup(name)
}

func (v *EventVars) lookup(name string) (any, bool) {
	switch name {
	case "event":
		return v.Event, true
	case "headers":
		return v.Headers, true
	case "feature.name":
		return v.Feature.Name, true
	case "feature.key":
		return v.Feature.Key, true
	case "feature.count":
		return v.Feature.Count, true
	}
	return v.Message.lookup(name)
}

func (m *Message) lookup(name string) (any, bool) {
	switch name {
	case "message.type":
		return m.Type, true
	case "message.id":
		return m.ID, true
	case "message.correlationId":
		return m.CorrelationID, true
	case "message.framework":
		return m.Framework, true
	case "message.enqueuedAt":
		return m.EnqueuedAt, true
	}
	return nil, false
}

// activation shows Vars to CEL.
type activation struct{ Vars }

var _ cel.Activation = activation{}

func (a activation) ResolveName(name string) (any, bool) { return a.lookup(name) }
func (a activation) Parent() cel.Activation              { return nil }
