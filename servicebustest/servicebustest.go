// Package servicebustest runs Azure Service Bus inside a Go test: queues,
// topics with subscriptions, dead-letter queues and the administration API, in
// memory, on free ports of this machine. It starts in about a millisecond and
// needs no Docker. The real clients connect to it:
//
//	bus := servicebustest.Start(t, servicebustest.Config{
//		Queues: []servicebustest.Queue{{Name: "orders"}},
//	})
//	client, err := azservicebus.NewClientFromConnectionString(bus.ConnectionString(), nil)
//
// The test's end stops it, and waits for it: no goroutine and no port stays
// behind. Any number of them run at once.
//
// What a test sees through a client it can also read without one
// ([Server.Snapshot]); what would take minutes, such as the end of a lock,
// happens at once when the test moves the clock ([Server.Advance]); and what
// hardly ever happens, such as an accepted message whose sender never learns of
// it, happens when the test says so ([Server.Fail]).
//
// The names and fields in this package are a promise: they change only with
// the module's major version. The command "busbell emulator" runs the same
// server for programs in other languages; docs/emulator.md says what is
// emulated and what differs from the service.
package servicebustest

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

type (
	// A Config says which entities a server starts with, and how it behaves
	// where the service's behaviour is a choice. Its zero value is an empty
	// namespace. Queues and Topics are its main fields.
	Config = servicebus.Config

	// A Queue is the name and the settings of a queue or a subscription, such
	// as LockDuration, MaxDeliveryCount, RequiresSession and ForwardTo. What
	// is zero has the service's default.
	Queue = servicebus.Queue

	// A Topic has a name, settings, and Subscriptions, which are queues.
	Topic = servicebus.Topic

	// A Rule says which messages a subscription takes.
	Rule = servicebus.Rule

	// A Snapshot is what an entity holds: counts, and every message.
	Snapshot = servicebus.Snapshot

	// A Message is a message of a Snapshot.
	Message = servicebus.Message

	// A Fault is something that shall go wrong: a Kind, and to whom and how
	// often it happens.
	Fault = control.Fault
)

// The kinds of faults; docs/faults.md describes each.
const (
	Drop             = control.Drop             // the connection is cut
	DropAfterAccept  = control.DropAfterAccept  // carried out, then the connection is cut
	LoseAnswer       = control.LoseAnswer       // carried out and never answered
	Delay            = control.Delay            // carried out after Fault.Delay
	DelayAfterAccept = control.DelayAfterAccept // carried out, answered after Fault.Delay
	DetachForced     = control.DetachForced     // the link ends with Error, else amqp:link:detach-forced
	ConnectionForced = control.ConnectionForced // the connection ends with Error, else amqp:connection:forced
	Refuse           = control.Refuse           // refused with the condition in Fault.Error
	ExpiredToken     = control.ExpiredToken     // links end as unauthorized, tokens are refused
	ShortPeek        = control.ShortPeek        // a peek returns Fault.Count messages at most
	ZeroCounts       = control.ZeroCounts       // the administration API counts no messages
)

// Conditions that the service refuses with, for Fault.Error. Any other is
// possible too.
const (
	ServerBusy     = servicebus.ServerBusy
	Timeout        = servicebus.Timeout
	Unauthorized   = servicebus.Unauthorized
	EntityDisabled = servicebus.EntityDisabled
)

// A Server is a Service Bus namespace that lives as long as its test. Its
// methods may be called from any goroutine until the test ends.
type Server struct {
	t   testing.TB
	bus *servicebus.Server
}

// Start starts a server, which accepts connections when Start returns, and
// stops it at the end of the test. A configuration that is wrong fails the
// test at once.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	bus, err := servicebus.Start(cfg)
	if err != nil {
		t.Fatalf("servicebustest: start: %v", err)
	}
	t.Cleanup(func() { _ = bus.Close() }) // it returns nil
	return &Server{t, bus}
}

// ConnectionString is what clients connect with, those of messages and, where
// they speak plain HTTP to emulators, those of administration. The key in it
// is as good as any other.
func (s *Server) ConnectionString() string { return s.bus.ConnectionString() }

// AdminConnectionString leads to a port that takes administration only, as
// Microsoft's emulator has one.
func (s *Server) AdminConnectionString() string { return s.bus.AdminConnectionString() }

// Snapshot returns what an entity holds at this moment, such as "orders",
// "orders/$DeadLetterQueue" or "prices/Subscriptions/billing". A name that no
// entity has fails the test at once.
func (s *Server) Snapshot(entity string) Snapshot {
	s.t.Helper()
	got, err := s.bus.Snapshot(entity)
	if err != nil {
		s.t.Fatalf("servicebustest: snapshot: %v", err)
	}
	return got
}

// Fail adds a fault: the next calls that it is meant for go wrong. A fault that
// ends links or connections and names no method happens to those there are, at
// once.
func (s *Server) Fail(f Fault) { s.bus.Fail(f) }

// Heal takes back all faults.
func (s *Server) Heal() { s.bus.Heal() }

// Faults are those still to come: it tells whether a client has met them.
func (s *Server) Faults() []Fault { return s.bus.Faults() }

// Now is the time on the server's clock.
func (s *Server) Now() time.Time { return s.bus.Now() }

// Advance moves the server's clock ahead. When it returns, everything that
// falls due on the way has happened, in its order: locks and messages have
// expired, scheduled messages are active.
func (s *Server) Advance(d time.Duration) { s.bus.Advance(d) }
