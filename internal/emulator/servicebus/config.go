package servicebus

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"
	"unicode"
)

// A Config says which entities a server starts with, and how it behaves where
// the cloud's behaviour is a choice. Its zero value is an empty namespace on
// free ports.
type Config struct {
	// Addr takes AMQP and administration alike, AdminAddr administration
	// only. Both must be loopback addresses, because any key is accepted,
	// unless AllowRemote is set; an empty one means a free port.
	Addr, AdminAddr string
	AllowRemote     bool

	// Certificate makes both addresses take TLS as well; nil is no TLS. The
	// administration clients of Java and Python speak nothing else.
	Certificate *tls.Certificate

	Queues []Queue
	Topics []Topic

	// Data is the file that keeps messages over restarts, with the entities
	// that clients made; "" keeps nothing. The file is made when it is missing.
	Data string
	// CreateOnUse makes an entity when a client first opens a link on it: a
	// queue, or a topic and its subscription. The service does not.
	CreateOnUse bool

	MaxMessageSize   int  // of a message or batch; default 1 MiB
	MaxPeek          int  // messages one peek returns at most; default 250
	MaxPeekBytes     int  // bytes one peek returns at most; default 1 MiB
	MaxBatchDelete   int  // messages one batch delete removes at most; default 4000, as of the Premium tier (Standard: 500)
	NoMessageIDs     bool // leave messages without an id as they are, instead of giving them one
	ReleaseCounts    bool // a released delivery counts as a failed one
	KeepLongTTL      bool // deliver messages that live 49.7 days or longer with a TTL of 4,294,967,295 ms, instead of without
	OversizeDetaches bool // a disposition with too long properties ends its link, instead of being rejected

	SQLLikeIgnoresCase   bool // LIKE in the SQL of rules takes "a" for "A"
	SQLMismatchIsUnknown bool // comparing a text with a number there is unknown, instead of failing and dead-lettering

	Log *slog.Logger // nil is silence
}

// A Queue is a queue's name and settings, and a subscription's too. A zero
// duration or number is the default.
type Queue struct {
	Name                                string
	LockDuration                        time.Duration // default one minute
	MaxDeliveryCount                    int           // default 10
	DefaultMessageTimeToLive            time.Duration // default none
	DeadLetteringOnMessageExpiration    bool
	ForwardTo                           string // a queue or topic that gets all messages
	ForwardDeadLetteredMessagesTo       string
	RequiresSession                     bool
	RequiresDuplicateDetection          bool
	DuplicateDetectionHistoryTimeWindow time.Duration // default ten minutes
	AutoDeleteOnIdle                    time.Duration // deleted when unused for so long; default never
	EnablePartitioning                  bool          // numbers run in sixteen rows
	Status                              Status
	Rules                               []Rule // of a subscription
}

// A Topic is a topic's name, settings and subscriptions.
type Topic struct {
	Name                                string
	DefaultMessageTimeToLive            time.Duration
	RequiresDuplicateDetection          bool
	DuplicateDetectionHistoryTimeWindow time.Duration
	AutoDeleteOnIdle                    time.Duration
	EnablePartitioning                  bool // of its subscriptions
	Status                              Status
	Subscriptions                       []Queue
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.AdminAddr == "" {
		c.AdminAddr = "127.0.0.1:0"
	}
	if c.MaxMessageSize == 0 {
		c.MaxMessageSize = 1 << 20
	}
	if c.MaxPeek == 0 {
		c.MaxPeek = 250
	}
	if c.MaxPeekBytes == 0 {
		c.MaxPeekBytes = 1 << 20
	}
	if c.MaxBatchDelete == 0 {
		c.MaxBatchDelete = 4000
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// withDefaults fills in what is zero and takes endless durations as none.
func (q Queue) withDefaults() Queue {
	if q.LockDuration <= 0 {
		q.LockDuration = time.Minute
	}
	if q.MaxDeliveryCount <= 0 {
		q.MaxDeliveryCount = 10
	}
	if q.DuplicateDetectionHistoryTimeWindow <= 0 {
		q.DuplicateDetectionHistoryTimeWindow = 10 * time.Minute
	}
	q.DefaultMessageTimeToLive = ttl(q.DefaultMessageTimeToLive)
	q.AutoDeleteOnIdle = unlessEndless(q.AutoDeleteOnIdle)
	q.ForwardTo = entityName(q.ForwardTo)
	q.ForwardDeadLetteredMessagesTo = entityName(q.ForwardDeadLetteredMessagesTo)
	return q
}

func (t Topic) withDefaults() Topic {
	if t.DuplicateDetectionHistoryTimeWindow <= 0 {
		t.DuplicateDetectionHistoryTimeWindow = 10 * time.Minute
	}
	t.DefaultMessageTimeToLive = ttl(t.DefaultMessageTimeToLive)
	t.AutoDeleteOnIdle = unlessEndless(t.AutoDeleteOnIdle)
	return t
}

// noTTL is the longest time that a message's header can carry, in
// milliseconds. From a sender it means none.
const noTTL = 1<<32 - 1

// ttl is a time to live as an entity keeps it: zero if it is none.
func ttl(d time.Duration) time.Duration {
	if d == math.MaxInt64 {
		return 0
	}
	return d
}

// unlessEndless is a duration, or zero for one without end.
func unlessEndless(d time.Duration) time.Duration {
	if d == math.MaxInt64 {
		return 0
	}
	return d
}

// entityName strips scheme and host from where messages are forwarded to: the
// administration API carries them as URLs.
func entityName(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		_, s, _ = strings.Cut(rest, "/")
	}
	return strings.Trim(s, "/")
}

// checkName refuses what can be no entity's name.
func checkName(kind, name string) error {
	switch {
	case strings.Trim(name, "/ ") == "" || len(name) > 260:
		return fmt.Errorf("%s name %q: need 1 to 260 characters", kind, name)
	case strings.ContainsAny(name, "$\\?#*<>\"|"), strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return fmt.Errorf("%s name '%s' contains character(s) that is not allowed by Service Bus. "+
			"Entity segments can contain only letters, numbers, periods (.), hyphens (-), and underscores (_)", kind, name)
	}
	return nil
}
