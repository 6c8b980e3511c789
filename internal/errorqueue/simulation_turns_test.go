package errorqueue_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// turns let one call at a time through of all that processes make: of the
// ledger, of channels and of sources. Chance decides whose is next.
type turns struct {
	mu      sync.Mutex
	waiting []*turn
}

// A turn is a call that waits.
type turn struct {
	p    *process
	what string
	fate chan fate
}

// A fate is what becomes of a call.
type fate int

const (
	passes  fate = iota
	refused      // the process is killed before it
	unheard      // the process is killed after it, or its answer is lost
)

// call makes a call when its turn comes. Without the answer nobody knows what
// became of it.
func (p *process) call(ctx context.Context, what string, f func() error) error {
	if p.dead.Load() {
		return errCrash
	}
	w := &turn{p, what, make(chan fate)}
	p.s.mu.Lock()
	p.s.waiting = append(p.s.waiting, w)
	p.s.mu.Unlock()
	is, err := <-w.fate, errCrash
	switch {
	case is == refused:
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		if err = f(); is == unheard {
			err = errUnheard
		}
	}
	if *calls {
		fmt.Printf("%s process %d: %s: %v\n", time.Now().Format(time.TimeOnly), p.id, what, err)
	}
	return err
}

var errUnheard = errors.New("the answer was lost")

// together lets actors act side by side until all have come to an end. Before
// each call something may happen.
func (s *simulation) together(happens func(calls int), actors ...func()) {
	var left atomic.Int64
	for _, act := range actors {
		left.Add(1)
		go func() {
			defer left.Add(-1)
			act()
		}()
	}
	for calls := 0; ; calls++ {
		synctest.Wait()
		if left.Load() == 0 {
			return
		}
		if happens != nil {
			happens(calls)
		}
		if w := s.next(); w != nil {
			w.fate <- s.fate(w)
		} else {
			time.Sleep(100 * time.Millisecond) // all wait for something else, or stand still
			continue
		}
		time.Sleep(time.Duration(s.rand.IntN(40)) * time.Millisecond)
	}
}

// next takes out one of the calls that wait, of a process that does not stand
// still.
func (s *simulation) next() *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.waiting, func(a, b *turn) int {
		return cmp.Or(cmp.Compare(a.p.id, b.p.id), cmp.Compare(a.what, b.what))
	})
	var ready []int
	for i, w := range s.waiting {
		if w.p.dead.Load() || !time.Now().Before(w.p.still) {
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	i := ready[s.rand.IntN(len(ready))]
	w := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return w
}

// fate decides what becomes of a call.
func (s *simulation) fate(w *turn) fate {
	p := w.p
	switch p.left--; {
	case p.dead.Load():
		return refused
	case p.left == 0:
		p.dead.Store(true)
		return []fate{refused, unheard}[s.rand.IntN(2)]
	case !s.calm && s.rand.IntN(400) == 0:
		return unheard
	case !s.calm && s.rand.IntN(500) == 0:
		p.still = time.Now().Add(time.Duration(s.rand.IntN(150)) * time.Second)
	}
	return passes
}

// A gate is the ledger as a process reaches it.
type gate struct {
	ledger.Ledger
	p *process
}

func (g *gate) Get(ctx context.Context, key ledger.Key) (e ledger.Entry, err error) {
	err = g.p.call(ctx, "get "+key.Row, func() (err error) {
		e, err = g.Ledger.Get(ctx, key)
		return err
	})
	return e, err
}

func (g *gate) Insert(ctx context.Context, in ledger.Entry) (e ledger.Entry, err error) {
	err = g.p.call(ctx, "insert "+in.Key.Row, func() (err error) {
		e, err = g.Ledger.Insert(ctx, in)
		return err
	})
	return e, err
}

func (g *gate) Update(ctx context.Context, in ledger.Entry) (e ledger.Entry, err error) {
	err = g.p.call(ctx, "update "+in.Key.Row, func() (err error) {
		e, err = g.Ledger.Update(ctx, in)
		return err
	})
	return e, err
}

func (g *gate) Delete(ctx context.Context, e ledger.Entry) error {
	return g.p.call(ctx, "delete "+e.Key.Row, func() error { return g.Ledger.Delete(ctx, e) })
}

func (g *gate) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	return g.all(ctx, "list "+partition, func() iter.Seq2[ledger.Entry, error] { return g.Ledger.List(ctx, partition) })
}

func (g *gate) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	return g.all(ctx, "due "+partition, func() iter.Seq2[ledger.Entry, error] { return g.Ledger.Due(ctx, partition, before) })
}

func (g *gate) all(ctx context.Context, what string, list func() iter.Seq2[ledger.Entry, error]) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		var found []ledger.Entry
		err := g.p.call(ctx, what, func() error {
			for e, err := range list() {
				if err != nil {
					return err
				}
				found = append(found, e)
			}
			return nil
		})
		if err != nil {
			yield(ledger.Entry{}, err)
			return
		}
		slices.SortFunc(found, func(a, b ledger.Entry) int { return cmp.Compare(a.Key.Row, b.Key.Row) })
		for _, e := range found {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// A line is a channel as a process reaches it.
type line struct {
	*faultyChannel
	p *process
}

func (l line) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (r notify.Receipt, err error) {
	err = notify.ErrUnknown
	cut := l.p.call(ctx, "send "+n.Key, func() error {
		r, err = l.faultyChannel.Send(l.p.id, n, page)
		return nil
	})
	if cut != nil {
		return notify.Receipt{}, fmt.Errorf("%w: %w", cut, notify.ErrUnknown)
	}
	return r, err
}

func (l line) Find(ctx context.Context, n notify.Notice, page notify.Receipt, since time.Time) (r notify.Receipt, found bool, err error) {
	err = l.p.call(ctx, "find "+n.Key, func() (err error) {
		r, found, err = l.faultyChannel.Find(l.p.id, n, page, since)
		return err
	})
	return r, found, err
}

// A view is a source as a process reaches it.
type view struct {
	*queue
	p    *process
	name string
}

func (v view) Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		var lying []message.Message
		var broken error
		err := v.p.call(ctx, "peek "+v.name, func() error {
			for m, err := range v.queue.Peek(ctx, from) {
				if err != nil {
					broken = err
					break
				}
				lying = append(lying, m)
			}
			return nil
		})
		if err == nil {
			err = broken
		}
		for _, m := range lying {
			v.p.meets(kind(m))
			if !yield(m, nil) {
				return
			}
		}
		if err != nil {
			yield(message.Message{}, err)
		}
	}
}
