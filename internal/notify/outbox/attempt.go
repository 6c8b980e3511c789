package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// Reasons why an attempt ends early.
var (
	errTaken       = errors.New("another process has the notice")
	errPageChanged = errors.New("another process has changed the page")
	errNoFiles     = fmt.Errorf("%w: the channel takes no files", notify.ErrRejected)
)

// An attempt processes one notice as far as possible.
type attempt struct {
	*worker
	notice *protocol.Record
	page   *protocol.Record // nil for a post
	to     notify.Receipt   // of the page, or of the destination of a post
	editor string
	leased time.Time // before the lease was taken
}

// process takes the steps that [protocol.Limits.Next] names, until there is none. It
// returns the last transition.
func (w *worker) process(ctx context.Context, r *protocol.Record) (protocol.Transition, error) {
	a := &attempt{worker: w, notice: r, editor: rand.Text()}
	for s := protocol.Start; ; {
		t, err := a.follow(ctx, a.do(ctx, s))
		if err == nil && t.Then != protocol.Stop {
			s = t.Then
			continue
		}
		if t.Keep && t.Wait > 0 {
			w.retryAt[r.Notice.Key] = time.Now().Add(t.Wait)
		}
		if errors.Is(err, errTaken) {
			return t, err
		}
		return t, errors.Join(t.Err, err, w.note(ctx, r, t))
	}
}

// follow decides what follows from an outcome, and stores it. If another process has
// changed the page, it decides again.
func (a *attempt) follow(ctx context.Context, o protocol.Outcome) (t protocol.Transition, err error) {
	for range 5 {
		t = a.limits.Next(*a.notice, a.page, o)
		if err = a.store(ctx, t); !errors.Is(err, errPageChanged) {
			return t, err
		}
		if a.page, err = a.rows.get(ctx, a.notice.Notice.Page); err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return t, fmt.Errorf("read page %s: %w", a.notice.Notice.Page, err)
		}
	}
	return t, fmt.Errorf("update page %s: %w", a.notice.Notice.Page, ledger.ErrChanged)
}

// store writes the rows of a transition. The last ones are also written after the
// invocation is over. With a new claim the time for calls begins.
func (a *attempt) store(ctx context.Context, t protocol.Transition) error {
	if t.Then == protocol.Stop {
		var cancel context.CancelFunc
		ctx, cancel = detached(ctx)
		defer cancel()
	}
	if t.Then == protocol.Resolve || t.Notice != nil || t.Page != nil {
		a.leased = time.Now()
	}
	if t.Page != nil {
		if won, err := a.rows.save(ctx, t.Page); err != nil || !won {
			return cmp.Or(err, errPageChanged)
		}
		if a.page = t.Page; t.Page.Stage == protocol.Pending {
			a.reposted = append(a.reposted, t.Page)
		}
	}
	if t.Notice == nil {
		return nil
	}
	if won, err := a.rows.save(ctx, t.Notice); err != nil || !won {
		return cmp.Or(err, errTaken)
	}
	if a.notice.Notice.File != nil && t.Notice.Notice.File == nil {
		a.d.Log.WarnContext(ctx, "file shown only in part", "notice", a.notice.Notice.Key)
	}
	*a.notice = *t.Notice
	return nil
}

// do takes one step. A panic is an outcome too.
func (a *attempt) do(ctx context.Context, s protocol.Step) (o protocol.Outcome) {
	n := protocol.AsSent(a.notice.Notice, a.page, a.origin)
	defer func() {
		if p := recover(); p != nil {
			a.d.Log.ErrorContext(ctx, "sending a notice panicked", "notice", n.Key, "panic", p, "stack", string(debug.Stack()))
			o.Err = &protocol.Panic{Value: p}
		}
		o.Step, o.Over, o.Editor, o.Page = s, ctx.Err() != nil, a.editor, a.to
	}()
	switch s {
	case protocol.Start: // the pace comes before reading, because what waits comes here again and again
		o.Wait = max(time.Until(a.retryAt[n.Key]), a.d.limiter.Wait(a.d.Paces[a.name], n, a.d.now()), a.hold(a.notice.Call(), n.Destination()))
		if o.Wait <= 0 {
			o.First, o.Err = a.read(ctx)
		}
	case protocol.Pace:
		o.Wait = a.d.limiter.Take(a.d.Paces[a.name], n, a.d.now())
	case protocol.Ask:
		o.Obsolete, o.Err = a.obsolete(ctx, n)
	default:
		a.call(ctx, s, n, &o)
	}
	return o
}

// call calls the channel. The call ends with the first half of the lease, counted from
// before the claim: a process that was suspended must not send what another one has
// claimed since. That needs no synchronised clocks: other processes use the age of the
// row, and we measure the time that has passed.
func (a *attempt) call(ctx context.Context, s protocol.Step, n notify.Notice, o *protocol.Outcome) {
	ctx, cancel := context.WithDeadline(ctx, a.leased.Add(a.limits.Lease/2))
	defer cancel()
	if ctx.Err() != nil {
		o.Err = fmt.Errorf("%w: %w", notify.ErrNotSent, ctx.Err())
		return
	}
	if hold := a.hold(s, n.Destination()); hold > 0 {
		o.Err = &notify.LaterError{After: hold, Limited: true, Err: fmt.Errorf("%s: rate limited", n.Destination())}
		return
	}
	switch s {
	case protocol.Resolve:
		a.to, o.Err = a.resolve(ctx, n.Destination())
	case protocol.LookUp:
		o.Receipt, o.Found, o.Err = a.channel.Find(ctx, n, a.to, a.notice.SendingSince)
	case protocol.Upload:
		o.Err = errNoFiles
		if c, ok := a.channel.(notify.Uploader); ok {
			o.FileID, o.Err = c.Upload(ctx, n)
		}
	case protocol.Edit, protocol.Send:
		o.Receipt, o.Err = a.channel.Send(ctx, n, a.to)
	}
}

// read reads the notice that must come first, and the page.
func (a *attempt) read(ctx context.Context) (first *protocol.Record, err error) {
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

// resolve returns the id of a destination in its channel, and stores it for all
// processes.
func (a *attempt) resolve(ctx context.Context, to notify.Destination) (notify.Receipt, error) {
	id := a.destinations.Get(to).ID
	if c, ok := a.channel.(notify.Resolver); ok && id == "" {
		var err error
		if id, err = c.Resolve(ctx, to.To); err != nil {
			return notify.Receipt{}, err
		}
		a.destinations.Learn(ctx, to, id)
	}
	return notify.Receipt{Destination: id}, nil
}

// obsolete reports whether nobody needs a page any more.
func (a *attempt) obsolete(ctx context.Context, n notify.Notice) (bool, error) {
	if to, ok := outageOf(n.Subject); ok {
		return a.destinations.Get(to).Unreachable.IsZero(), nil
	}
	if a.d.Obsolete == nil {
		return false, nil
	}
	return a.d.Obsolete(ctx, n)
}
