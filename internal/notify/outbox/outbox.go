// Package outbox sends notices to channels, each once.
//
// A flow writes its notices to the ledger before anything is sent. A worker
// for each channel claims a row, marks it as sending, sends once, and stores
// the receipt. After an unknown outcome the row stays marked; after a delay the
// channel is asked whether the notice arrived, and only if it did not is it
// sent again. A crash at any point therefore repeats a question, not a message.
// Each notice belongs to one channel, so a broken channel delays no other.
//
// What belongs to a page waits for it, and updates of a page never overtake
// each other. What a channel asks for, such as a pause, holds for all
// processes: it is stored in the ledger beside the notices. A destination that
// takes no notices at all is reported once, elsewhere.
//
// What follows from what is one pure function, [protocol.Limits.Next]; a worker
// does what it says.
package outbox

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/destination"
	"github.com/busbell/busbell/internal/notify/outbox/pace"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// A Delivery sends notices from the ledger to their channels. It is safe for
// concurrent use, by many processes on one ledger.
type Delivery struct {
	Ledger      ledger.Ledger
	Environment string
	Part        string                    // "" or "configuration/": keeps these notices apart from all others
	Channels    map[string]notify.Channel // by the name that a Notice.Channel has
	Log         *slog.Logger

	// Obsolete is asked right before a page is posted: does nobody need it any
	// more? nil means that it is always needed.
	Obsolete func(context.Context, notify.Notice) (bool, error)

	// InUse is asked before the row of a page is deleted: may more notices
	// about its subject follow? nil means no.
	InUse func(ctx context.Context, subject string) (bool, error)

	// Fallback returns where to report that a destination takes no notices;
	// false means nowhere. nil means that only the log says so.
	Fallback func(notify.Destination) (notify.Destination, bool)

	// Lease is how long a claim holds. No call of a channel gets more than
	// half of it. LookUp is how long after an unknown outcome the channel is
	// asked; it must be longer than the channel's history lags. Zero means
	// 60 s and 30 s.
	Lease, LookUp time.Duration

	// Tries after which a notice is abandoned that is refused, or whose outcome
	// stays unknown; 0 means 60. A channel that only says "later" is waited for
	// as long as Retention.
	Tries int

	// Retention is how long a sent notice is remembered, and so how long its
	// key is not sent again. Zero means 30 days.
	Retention time.Duration

	// Paces are by the names of channels. Wait is how long one Deliver or
	// SendWritten may wait for them in all; the next one sends the rest. Zero
	// means not at all.
	Paces map[string]pace.Limit
	Wait  time.Duration

	// Writers is how many pages one Write writes to at once. Zero means 16.
	Writers int

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	origin    atomic.Pointer[notify.Origin] // once read
	limiter   pace.Limiter
	begun     sync.WaitGroup // by Send
	reachable atomic.Bool    // all destinations took notices when they were last read
}

// An Outcome counts what became of the notices that were due. Oldest is of all
// that are not sent.
type Outcome struct {
	Sent, Obsolete, Left, Abandoned int

	// Unread says that more may be due than could be read.
	Unread bool

	// Oldest is when the oldest unsent notice was written; zero if there is
	// none.
	Oldest time.Time
}

// A Due is what there is to deliver, as it was read from the ledger.
type Due struct {
	d            *Delivery
	found        found
	origin       notify.Origin
	destinations *destination.All
}

// Due reads what there is to deliver. After an error more may wait than was
// read.
func (d *Delivery) Due(ctx context.Context) (*Due, error) {
	found, unread := d.rows().find(ctx)
	due := &Due{d: d, found: found}
	if found.empty() && (unread != nil || d.reachable.Load()) { // as after most passes: it costs one call
		return due, unread
	}
	if err := due.prepare(ctx); err != nil {
		return &Due{d: d}, errors.Join(unread, err)
	}
	d.reachable.Store(due.logUnreachable(ctx) == 0)
	return due, unread
}

// prepare reads what the workers need to know.
func (due *Due) prepare(ctx context.Context) (err error) {
	if due.origin, err = due.d.Origin(ctx); err != nil {
		return err
	}
	due.destinations, err = destination.Read(ctx, due.d.destinationRows(), due.d.now)
	return err
}

// Deliver sends what is due, the channels side by side and each one in order.
// The error joins what went wrong with channels and single notices, which stay
// in the ledger for the next time.
func (due *Due) Deliver(ctx context.Context) (Outcome, error) {
	out, err := due.work(ctx, due.d.Wait)
	out.Oldest = due.found.oldest(due.d.now())
	return out, errors.Join(err, due.cleanUp(ctx))
}

// Deliver reads what there is to deliver and sends it.
func (d *Delivery) Deliver(ctx context.Context) (Outcome, error) {
	due, unread := d.Due(ctx)
	out, err := due.Deliver(ctx)
	out.Unread = unread != nil
	return out, errors.Join(unread, err)
}

// work runs a worker for each channel that has something to send. Each may
// wait for its channel's pace for so long.
func (due *Due) work(ctx context.Context, wait time.Duration) (Outcome, error) {
	queues := map[string][]*protocol.Record{}
	for _, r := range due.found.due {
		queues[r.Notice.Channel] = append(queues[r.Notice.Channel], r)
	}
	var (
		mu    sync.Mutex
		total Outcome
		errs  []error
		all   sync.WaitGroup
	)
	for name, queue := range queues {
		w := &worker{Due: due, name: name, channel: due.d.Channels[name], rows: due.d.rows(), limits: due.d.limits(), retryAt: map[string]time.Time{}, ends: due.d.now().Add(wait)}
		all.Go(func() {
			err := w.run(ctx, queue)
			mu.Lock()
			defer mu.Unlock()
			total.add(w.out)
			errs = append(errs, err)
		})
	}
	all.Wait()
	return total, errors.Join(errs...)
}

func (o *Outcome) add(p Outcome) {
	o.Sent += p.Sent
	o.Obsolete += p.Obsolete
	o.Left += p.Left
	o.Abandoned += p.Abandoned
}

func (d *Delivery) now() time.Time {
	if d.Now != nil {
		return d.Now().UTC()
	}
	return time.Now().UTC()
}

func (d *Delivery) limits() protocol.Limits {
	return protocol.Limits{
		Lease:     cmp.Or(d.Lease, time.Minute),
		LookUp:    cmp.Or(d.LookUp, 30*time.Second),
		Retention: cmp.Or(d.Retention, 30*24*time.Hour),
		Tries:     cmp.Or(d.Tries, 60),
	}
}
