package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// Delivery brings notices from the ledger to their channels. It is safe for
// concurrent use, by many processes on one ledger.
type Delivery struct {
	Ledger      ledger.Ledger
	Environment string
	Channels    map[string]Channel // by the name that a Notice.Channel says
	Log         *slog.Logger

	// Moot is asked right before a page is created: is there still a reason
	// to? nil means always.
	Moot func(context.Context, Notice) (bool, error)

	// Lease is how long a claim holds. It must be longer than any one call
	// of a channel may take. LookUp is how long after an unknown outcome the
	// channel is asked; it must be longer than the channel's history lags.
	// Zero means 60 s and 30 s.
	Lease, LookUp time.Duration

	// Tries after which a notice is given up; 0 means 60.
	Tries int

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// An Outcome counts what became of the notices that were due.
type Outcome struct {
	Sent, Moot, Left, Dead int
}

// Write puts notices into the ledger, to be delivered from now on. A notice
// whose key is already there is left as it is: it was said, or will be.
func (d *Delivery) Write(ctx context.Context, notices ...Notice) error {
	for _, n := range notices {
		r := &record{Notice: n, Stage: pending, Written: d.now()}
		r.entry = ledger.Entry{Key: d.key(n.Key), Due: r.Written}
		e, err := r.toEntry()
		if err != nil {
			return err
		}
		if _, err := d.Ledger.Insert(ctx, e); err != nil && !errors.Is(err, ledger.ErrExists) {
			return fmt.Errorf("write notice %s: %w", n.Key, err)
		}
	}
	return nil
}

// Written reports whether a notice with that key is in the ledger.
func (d *Delivery) Written(ctx context.Context, key string) (bool, error) {
	_, err := d.Ledger.Get(ctx, d.key(key))
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read notice %s: %w", key, err)
	}
	return true, nil
}

// Deliver sends what is due, the channels side by side and each one in
// order. The error joins what went wrong with single notices, which stay in
// the ledger for the next call; it is nil when nothing did.
func (d *Delivery) Deliver(ctx context.Context) (Outcome, error) {
	queues := map[string][]*record{}
	var errs []error
	for e, err := range d.Ledger.Due(ctx, d.partition(), d.now()) {
		if err != nil {
			return Outcome{}, fmt.Errorf("list due notices: %w", err)
		}
		r, err := fromEntry(e)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		queues[r.Notice.Channel] = append(queues[r.Notice.Channel], r)
	}
	var (
		mu    sync.Mutex
		total Outcome
		wg    sync.WaitGroup
	)
	for name, queue := range queues {
		wg.Go(func() {
			out, err := d.deliverTo(ctx, name, inOrder(queue))
			mu.Lock()
			defer mu.Unlock()
			total.add(out)
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return total, errors.Join(errs...)
}

// Say writes notices and delivers just these, without waiting for the next
// sweep. An error of the ledger means that they may not be written; what a
// channel did is in the second error, and the next Deliver tries again.
func (d *Delivery) Say(ctx context.Context, notices ...Notice) (written, delivered error) {
	if err := d.Write(ctx, notices...); err != nil {
		return err, nil
	}
	var errs []error
	for _, n := range notices {
		e, err := d.Ledger.Get(ctx, d.key(n.Key))
		if err != nil || e.Due.IsZero() || e.Due.After(d.now()) {
			continue // done, or somebody else's, or the next sweep's
		}
		r, err := fromEntry(e)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		_, err = d.deliverTo(ctx, n.Channel, []*record{r})
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// deliverTo works through one channel's queue and stops at the first sign
// that the channel cannot take more now.
func (d *Delivery) deliverTo(ctx context.Context, name string, queue []*record) (Outcome, error) {
	ch, ok := d.Channels[name]
	if !ok {
		return Outcome{Left: len(queue)}, fmt.Errorf("%d notices wait for the channel %q, which is not set up", len(queue), name)
	}
	var out Outcome
	var errs []error
	for i, r := range queue {
		if err := ctx.Err(); err != nil {
			out.Left += len(queue) - i
			errs = append(errs, fmt.Errorf("%s: %d notices left: %w", name, len(queue)-i, err))
			break
		}
		result, err := d.deliverOne(ctx, ch, r)
		out.count(result)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: notice %s: %w", name, r.Notice.Key, err))
		}
		if busy(err) {
			out.Left += len(queue) - i - 1
			break
		}
	}
	return out, errors.Join(errs...)
}

// busy reports whether an error says something about the channel rather than
// about one notice.
func busy(err error) bool {
	later, ok := errors.AsType[*LaterError](err)
	return ok && later != nil
}

// inOrder puts announcements before what needs their pages, otherwise the
// oldest first; of the revisions of one page the newest, which makes the
// others superfluous.
func inOrder(queue []*record) []*record {
	slices.SortStableFunc(queue, func(a, b *record) int {
		order := cmp.Compare(rank(a.Notice.Act), rank(b.Notice.Act))
		if order == 0 && a.Notice.Act == Revise {
			order = cmp.Or(cmp.Compare(a.Notice.Page, b.Notice.Page), cmp.Compare(b.Notice.Version, a.Notice.Version))
		}
		return cmp.Or(order, a.Written.Compare(b.Written), cmp.Compare(a.Notice.Key, b.Notice.Key))
	})
	return queue
}

func rank(a Act) int {
	return slices.Index([]Act{Announce, Remark, Revise, End}, a)
}

func (o *Outcome) add(p Outcome) {
	o.Sent += p.Sent
	o.Moot += p.Moot
	o.Left += p.Left
	o.Dead += p.Dead
}

func (o *Outcome) count(s stage) {
	switch s {
	case sent:
		o.Sent++
	case moot:
		o.Moot++
	case dead:
		o.Dead++
	default:
		o.Left++
	}
}

func (d *Delivery) now() time.Time {
	if d.Now != nil {
		return d.Now().UTC()
	}
	return time.Now().UTC()
}

func (d *Delivery) partition() string         { return d.Environment + "/notices" }
func (d *Delivery) key(row string) ledger.Key { return ledger.Key{Partition: d.partition(), Row: row} }
func (d *Delivery) lease() time.Duration      { return cmp.Or(d.Lease, time.Minute) }
func (d *Delivery) lookUp() time.Duration     { return cmp.Or(d.LookUp, 30*time.Second) }
func (d *Delivery) tries() int                { return cmp.Or(d.Tries, 60) }
func newOwner() string                        { return rand.Text() }
