// Package sqlfilter understands the SQL of Service Bus rules: the filters that
// select messages and the actions that change them.
//
// [ParseFilter] and [ParseAction] turn text into something that runs, or return
// a [SyntaxError] with the column of the first mistake. The grammar is that of
// Microsoft's pages "Subscription Rule SQL Filter Syntax" and "… SQL Action
// Syntax". Logic has three values: a property that is not there is unknown,
// and unknown is not a match. What the pages leave open is an [Options] field.
package sqlfilter

import (
	"fmt"
	"strings"
)

// The limits that the service sets, in characters and statements.
const (
	maxLength     = 1024
	maxStatements = 32
	maxDepth      = 100 // of nesting; ours, so that no text overflows the stack
)

// Options choose where the documentation is silent.
type Options struct {
	LikeIgnoresCase   bool // LIKE takes "a" for "A"
	MismatchIsUnknown bool // comparing a text with a number is unknown instead of failing
}

// A Message is what filters read and actions change. User properties are found
// without regard to case. A system property has its name from [SystemNames].
// Values have the types of package amqp; nil is null.
type Message interface {
	Get(p Property) (value any, ok bool)
	Set(p Property, value any) error
	Remove(p Property) error
}

// A Property names a property of a message.
type Property struct {
	System bool
	Name   string
}

func (p Property) String() string {
	if p.System {
		return "sys." + p.Name
	}
	return p.Name
}

// SystemNames are the system properties that expressions may name: those that
// a sender sets.
var SystemNames = []string{
	"ContentType", "CorrelationId", "Label", "MessageId", "PartitionKey", "ReplyTo", "ReplyToSessionId", "SessionId", "Subject", "To",
}

// brokerNames are system properties that the service has and we cannot offer:
// they have no value, or no constant to compare with, when a rule is evaluated.
var brokerNames = []string{
	"DeadLetterSource", "DeliveryCount", "EnqueuedSequenceNumber", "EnqueuedTimeUtc", "ExpiresAtUtc", "ForcePersistence", "IsBodyConsumed",
	"LockToken", "LockedUntilUtc", "Properties", "ScheduledEnqueueTimeUtc", "SequenceNumber", "Size", "State", "TimeToLive", "ViaPartitionKey",
}

// named returns the canonical spelling of a name.
func named(names []string, name string) (string, bool) {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n, true
		}
	}
	return "", false
}

// A SyntaxError says where an expression is wrong.
type SyntaxError struct {
	Column  int // of the character, from 1
	Problem string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("SQL column %d: %s", e.Column, e.Problem) }

// A Filter is a parsed condition.
type Filter struct{ condition node }

// ParseFilter reads a condition. Parameters are the values of @names; the keys
// carry the @.
func ParseFilter(text string, parameters map[string]any, o Options) (*Filter, error) {
	p, err := newParser(text, parameters, o)
	if err != nil {
		return nil, err
	}
	n, err := p.condition()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, err
	}
	return &Filter{n}, nil
}

// Match reports whether the condition is true for a message; unknown is not.
// It fails where the service raises a FilterException: types that do not
// compare, a division by zero, a system property that does not exist.
func (f *Filter) Match(m Message) (bool, error) {
	v, err := f.condition.eval(m)
	return v == true, err
}
