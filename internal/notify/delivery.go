package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/ledger"
)

// Delivery brings notices from the ledger to their channels. It is safe for
// concurrent use, by many processes on one ledger.
type Delivery struct {
	Ledger      ledger.Ledger
	Environment string
	Part        string             // "" or "configuration/": keeps these notices apart from all others
	Channels    map[string]Channel // by the name that a Notice.Channel says
	Log         *slog.Logger

	// Moot is asked right before a page is created: is there still a reason
	// to? nil means always.
	Moot func(context.Context, Notice) (bool, error)

	// Keep is asked before the row of a page is deleted: may its subject
	// still have something to say there? nil means no.
	Keep func(ctx context.Context, subject string) (bool, error)

	// Elsewhere says where to tell that a place takes no notices; false is
	// nowhere. nil means that only the log says so.
	Elsewhere func(Destination) (Destination, bool)

	// Lease is how long a claim holds. No call of a channel gets more than
	// half of it. LookUp is how long after an unknown outcome the channel is
	// asked; it must be longer than the channel's history lags. Zero means
	// 60 s and 30 s.
	Lease, LookUp time.Duration

	// Tries after which a notice is given up that is refused, or whose
	// outcome stays unknown; 0 means 60. A channel that only says "later" is
	// waited for as long as Retention.
	Tries int

	// Retention is how long it is remembered that a notice was said, and so
	// how long its key can come again without being said again. Zero means 30
	// days.
	Retention time.Duration

	// Paces are by the names of channels. Wait is how long one Deliver or Show
	// may wait for them in all: what does not fit is left for the next. Zero
	// is not at all.
	Paces map[string]Pace
	Wait  time.Duration

	// Writers is how many pages one Write writes to at once. Zero means 16.
	Writers int

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	origin atomic.Pointer[Origin] // once read
	paces  paces
	begun  sync.WaitGroup // by Say and Show
	heard  atomic.Bool    // no place was deaf when the places were last read
	step   func(string)   // for tests: called between the steps
}

// An Outcome counts what became of the notices that were due, and of all says
// how long one has been waiting.
type Outcome struct {
	Sent, Moot, Left, Dead int

	// Oldest is when the oldest notice was written that is yet to be said;
	// zero if there is none.
	Oldest time.Time
}

// Write puts notices into the ledger, to be delivered from now on: those of one
// page in their order, pages side by side. A notice whose key is already there
// is left as it is: it was said, or will be. One that cannot be written holds
// up no other.
func (d *Delivery) Write(ctx context.Context, notices ...Notice) error {
	var all errgroup.Group
	all.SetLimit(cmp.Or(d.Writers, 16))
	errs := make([]error, len(notices))
	for _, page := range byPage(notices) {
		all.Go(func() error {
			for _, i := range page {
				_, errs[i] = d.insert(ctx, notices[i])
			}
			return nil
		})
	}
	_ = all.Wait()
	return errors.Join(errs...)
}

// byPage are the indexes of notices, together for each page.
func byPage(notices []Notice) (pages [][]int) {
	at := map[string]int{}
	for i, n := range notices {
		page := cmp.Or(n.Page, n.Key)
		if _, known := at[page]; !known {
			at[page] = len(pages)
			pages = append(pages, nil)
		}
		pages[at[page]] = append(pages[at[page]], i)
	}
	return pages
}

// insert returns the record of a notice that is new, nil where it is not.
func (d *Delivery) insert(ctx context.Context, n Notice) (*record, error) {
	r := record{Notice: n.bounded(), Stage: pending}
	row, err := d.notices().Save(ctx, ledger.Row[record]{Ref: ledger.Ref{Key: n.Key, Due: d.listed(r)}, Value: r})
	switch {
	case errors.Is(err, ledger.ErrExists):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("write notice %s: %w", n.Key, err)
	}
	r.entry = row.Ref
	return &r, nil
}

// Forget deletes all notices, said or not, and returns how many there were.
func (d *Delivery) Forget(ctx context.Context) (n int, err error) {
	var errs []error
	for row, err := range d.notices().List(ctx) {
		if err == nil {
			err = d.notices().Delete(ctx, row.Ref)
		}
		if err == nil {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// Lost returns the keys of notices whose rows could not be used and are empty
// now. It reads all rows.
func (d *Delivery) Lost(ctx context.Context) (map[string]bool, error) {
	lost := map[string]bool{}
	for row, err := range d.notices().List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		if row.Value.Stage == "" {
			lost[row.Key] = true
		}
	}
	return lost, nil
}

// restoreWithin is how old a page may be that is looked for because its row was
// lost. An older one is posted again.
const restoreWithin = 24 * time.Hour

// Restore writes those of some notices whose rows were lost, or are missing
// though they are not resolved. A page that may have been posted is looked for
// first; what it shows is unknown, so that it needs an update.
func (d *Delivery) Restore(ctx context.Context, notices ...Notice) error {
	var errs []error
	for _, n := range notices {
		row, err := d.notices().Get(ctx, n.Key)
		switch {
		case errors.Is(err, ledger.ErrNotFound) && (n.Act != Post || n.State != Resolved):
			err = d.Write(ctx, n)
		case errors.Is(err, ledger.ErrNotFound):
			err = nil
		case err == nil && row.Value.Stage == "":
			r := &record{Notice: n.bounded(), Stage: pending, entry: row.Ref}
			if n.Act == Post && n.Alias == "" { // an alert may simply be raised again
				r.Notice.Version = 0
				r.Stage, r.Uncertain, r.Wait, r.SendingSince = sending, true, d.lookUp(), d.now().Add(-restoreWithin)
			}
			_, err = d.write(ctx, r)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// A Due is what there is to deliver, as the ledger had it.
type Due struct {
	d     *Delivery
	found found
	from  Origin
	known sites
}

// Due reads what there is to deliver. Its error is one of the ledger: nobody
// knows then what else waits to be said.
func (d *Delivery) Due(ctx context.Context) (*Due, error) {
	all, unread := d.find(ctx)
	due := &Due{d: d, found: all}
	if all.nothing() && (unread != nil || d.heard.Load()) { // as after most passes: it costs one call
		return due, unread
	}
	if err := due.prepare(ctx); err != nil {
		return &Due{d: d}, errors.Join(unread, err)
	}
	d.heard.Store(due.known.report(ctx, d.Log) == 0)
	return due, unread
}

// prepare reads what the tours have to know.
func (due *Due) prepare(ctx context.Context) (err error) {
	if due.from, err = due.d.Origin(ctx); err == nil {
		due.known, err = due.d.readSites(ctx)
	}
	return err
}

// Deliver sends what is due, the channels side by side and each one in
// order. The error joins what went wrong with channels and single notices,
// which stay in the ledger for the next time; it is nil when nothing did.
func (due *Due) Deliver(ctx context.Context) (Outcome, error) {
	d, f := due.d, due.found
	out, err := due.tours(ctx, d.Wait)
	out.Oldest = oldest(append(f.due, f.waiting...), d.now())
	return out, errors.Join(err, d.sweep(ctx, due.known, f.old))
}

// Deliver reads what there is to deliver and sends what could be read; the
// error joins those of both.
func (d *Delivery) Deliver(ctx context.Context) (Outcome, error) {
	due, unread := d.Due(ctx)
	out, err := due.Deliver(ctx)
	return out, errors.Join(unread, err)
}

// tours visits the channels side by side. wait is how long it may wait for
// each of them.
func (due *Due) tours(ctx context.Context, wait time.Duration) (Outcome, error) {
	d := due.d
	queues := map[string][]*record{}
	for _, r := range due.found.due {
		queues[r.Notice.Channel] = append(queues[r.Notice.Channel], r)
	}
	var (
		mu    sync.Mutex
		total Outcome
		errs  []error
		wg    sync.WaitGroup
	)
	for name, queue := range queues {
		t := &tour{d: d, origin: due.from, name: name, ch: d.Channels[name], sites: due.known, sitesMu: &mu, ends: d.now().Add(wait)}
		wg.Go(func() {
			out, err := t.run(ctx, queue)
			mu.Lock()
			defer mu.Unlock()
			total.add(out)
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return total, errors.Join(errs...)
}

func (o *Outcome) add(p Outcome) {
	o.Sent += p.Sent
	o.Moot += p.Moot
	o.Left += p.Left
	o.Dead += p.Dead
}

func (d *Delivery) now() time.Time {
	if d.Now != nil {
		return d.Now().UTC()
	}
	return time.Now().UTC()
}

// at marks a point where a process may die; tests let it.
func (d *Delivery) at(step string) {
	if d.step != nil {
		d.step(step)
	}
}

func (d *Delivery) notices() ledger.Table[record] {
	return ledger.Table[record]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "notices", Shape: 1}
}

// Examine finds the rows that cannot be used. It changes none.
func (d *Delivery) Examine(ctx context.Context) []ledger.Examined {
	return []ledger.Examined{d.notices().Examine(ctx), d.places().Examine(ctx), d.origins().Examine(ctx)}
}

// Partition is the ledger's name of where the notices are.
func (d *Delivery) Partition() string { return d.notices().Partition() }

func (d *Delivery) lease() time.Duration     { return cmp.Or(d.Lease, time.Minute) }
func (d *Delivery) lookUp() time.Duration    { return cmp.Or(d.LookUp, 30*time.Second) }
func (d *Delivery) tries() int               { return cmp.Or(d.Tries, 60) }
func (d *Delivery) retention() time.Duration { return cmp.Or(d.Retention, 30*24*time.Hour) }
