package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// Why a row is not as it was read.
var (
	errTaken       = errors.New("another process has the notice")
	errPageChanged = errors.New("another process has changed the page")
)

// An attempt takes one notice as far as it goes.
type attempt struct {
	*worker
	notice *record
	page   *record        // nil for a post
	to     notify.Receipt // of the page, or of the destination of a post
	editor string
	leased time.Time // before the lease was taken
}

// process does what [limits.next] says, until that is nothing more. The
// transition that it returns is the last one.
func (w *worker) process(ctx context.Context, r *record) (transition, error) {
	a := &attempt{worker: w, notice: r, editor: rand.Text()}
	for s := start; ; {
		t, err := a.follow(ctx, a.do(ctx, s))
		if err == nil && t.then != stop {
			s = t.then
			continue
		}
		if t.keep && t.wait > 0 {
			r.retryAt = time.Now().Add(t.wait)
		}
		if errors.Is(err, errTaken) {
			return t, err
		}
		return t, errors.Join(t.err, err, w.note(ctx, r, t))
	}
}

// follow decides what follows from an outcome, and stores it. Where another
// process has changed the page it decides again.
func (a *attempt) follow(ctx context.Context, o outcome) (t transition, err error) {
	for range 5 {
		t = a.limits.next(*a.notice, a.page, o)
		if err = a.store(ctx, t); !errors.Is(err, errPageChanged) {
			return t, err
		}
		if a.page, err = a.rows.get(ctx, a.notice.Notice.Page); err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return t, fmt.Errorf("read page %s: %w", a.notice.Notice.Page, err)
		}
	}
	return t, fmt.Errorf("update page %s: %w", a.notice.Notice.Page, ledger.ErrChanged)
}

// store writes what a transition changes, also after the invocation is over
// where nothing follows. With a new claim the time for calls begins.
func (a *attempt) store(ctx context.Context, t transition) error {
	if t.then == stop {
		var cancel context.CancelFunc
		ctx, cancel = detached(ctx)
		defer cancel()
	}
	if t.then == resolve || t.notice != nil || t.page != nil {
		a.leased = time.Now()
	}
	if t.page != nil {
		if won, err := a.rows.save(ctx, t.page); err != nil || !won {
			return orElse(err, errPageChanged)
		}
		if a.page = t.page; t.page.Stage == pending {
			a.reposted = append(a.reposted, t.page)
		}
	}
	if t.notice == nil {
		return nil
	}
	if won, err := a.rows.save(ctx, t.notice); err != nil || !won {
		return orElse(err, errTaken)
	}
	if a.notice.Notice.File != nil && t.notice.Notice.File == nil {
		a.d.Log.WarnContext(ctx, "file shown only in part", "notice", a.notice.Notice.Key)
	}
	*a.notice = *t.notice
	return nil
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// do takes one step. A panic is an outcome like any other.
func (a *attempt) do(ctx context.Context, s step) (o outcome) {
	n := asSent(a.notice.Notice, a.page, a.origin)
	defer func() {
		if p := recover(); p != nil {
			a.d.Log.ErrorContext(ctx, "sending a notice panicked", "notice", n.Key, "panic", p, "stack", string(debug.Stack()))
			o.err = &panicError{p}
		}
		o.step, o.over, o.editor, o.page = s, ctx.Err() != nil, a.editor, a.to
	}()
	switch s {
	case start: // the pace is asked before anything is read: what waits comes here again and again
		if o.wait = max(time.Until(a.notice.retryAt), a.pace(n, false)); o.wait <= 0 {
			o.first, o.err = a.read(ctx)
		}
	case pace:
		o.wait = a.pace(n, true)
	case ask:
		o.obsolete, o.err = a.obsolete(ctx, n)
	default:
		a.call(ctx, s, n, &o)
	}
	return o
}

func (a *attempt) pace(n notify.Notice, take bool) time.Duration {
	return a.d.paces.wait(a.d.Paces[a.name], n, a.d.now(), take)
}

// call asks the channel. The call ends with the first half of the lease,
// counted from before that was taken: a process that was held up must not send
// what another one has by now. No clock has a part in it: others go by the age
// of the row, we by the time that passes.
func (a *attempt) call(ctx context.Context, s step, n notify.Notice, o *outcome) {
	ctx, cancel := context.WithDeadline(ctx, a.leased.Add(a.limits.lease/2))
	defer cancel()
	if ctx.Err() != nil {
		o.err = fmt.Errorf("%w: %w", notify.ErrNotSent, ctx.Err())
		return
	}
	switch s {
	case resolve:
		a.to, o.err = a.resolve(ctx, destinationOf(n))
	case lookUp:
		o.receipt, o.found, o.err = a.channel.Find(ctx, n, a.to, a.notice.SendingSince)
	case upload:
		o.err = errNoFiles
		if c, ok := a.channel.(notify.Uploader); ok {
			o.fileID, o.err = c.Upload(ctx, n)
		}
	case edit, send:
		o.receipt, o.err = a.channel.Send(ctx, n, a.to)
	}
}

// read reads the notice that comes first and the page.
func (a *attempt) read(ctx context.Context) (first *record, err error) {
	n := a.notice.Notice
	if n.After != "" {
		if first, err = a.rows.get(ctx, n.After); err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return nil, fmt.Errorf("read notice %s: %w", n.After, err)
		}
	}
	if n.Act == notify.Post {
		return first, nil
	}
	if a.page, err = a.rows.get(ctx, n.Page); err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, fmt.Errorf("read page %s: %w", n.Page, err)
	}
	if a.page != nil {
		a.to = a.page.Receipt
	}
	return first, nil
}

// resolve returns the channel's id of a destination, which all processes share.
func (a *attempt) resolve(ctx context.Context, to Destination) (notify.Receipt, error) {
	id := a.destinations.get(to).ID
	if c, ok := a.channel.(notify.Resolver); ok && id == "" {
		var err error
		if id, err = c.Resolve(ctx, to.To); err != nil {
			return notify.Receipt{}, err
		}
		a.destinations.learn(ctx, to, id)
	}
	return notify.Receipt{Destination: id}, nil
}

// obsolete reports whether nobody needs a page any more.
func (a *attempt) obsolete(ctx context.Context, n notify.Notice) (bool, error) {
	if to, ok := outageOf(n.Subject); ok {
		return a.destinations.get(to).Unreachable.IsZero(), nil
	}
	if a.d.Obsolete == nil {
		return false, nil
	}
	return a.d.Obsolete(ctx, n)
}
