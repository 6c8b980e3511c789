package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What to do about trouble: how long a notice is put off at the most, and
// after how many tries, or how long a "later", others are told.
const (
	longestDelay = time.Hour
	longestDoubt = 15 * time.Minute // between two looks for one of unknown outcome
	deafTries    = 5
	deafAfter    = 15 * time.Minute
)

// record stores that the notice was said, and on its page what that shows
// now. If the writing fails, the next look-up finds the message.
func (t *tour) record(ctx context.Context, r, page *record, receipt Receipt) (stage, error) {
	ctx, cancel := lasting(ctx)
	defer cancel()
	r.Receipt, r.LastError = receipt, ""
	switch r.Notice.Act {
	case Post:
		r.Rendered = r.Notice.Version
	case Update:
		if err := t.rendered(ctx, r.Notice, page); err != nil {
			return sending, err
		}
	}
	s, err := t.finish(ctx, r, sent)
	t.d.at("recorded")
	t.d.Log.InfoContext(ctx, "said", "notice", r.Notice.Key, "channel", r.Notice.Channel, "act", string(r.Notice.Act), "reason", r.Notice.Reason)
	return s, errors.Join(err, t.heard(ctx, r, receipt))
}

// finish remembers what became of a notice for as long as it may come again.
func (t *tour) finish(ctx context.Context, r *record, s stage) (stage, error) {
	r.Stage, r.Wait = s, t.d.retention()
	_, err := t.d.write(ctx, r)
	return s, err
}

// failed decides what an error of Send means for the next try. back is the
// stage of a notice that was certainly not said.
func (t *tour) failed(ctx context.Context, r, page *record, back stage, err error) (stage, error) {
	over := ctx.Err() != nil
	ctx, cancel := lasting(ctx)
	defer cancel()
	later, isLater := errors.AsType[*LaterError](err)
	switch {
	case errors.Is(err, errTaken):
		return pending, err
	case errors.Is(err, ErrNotSent) && over: // a try that never was
		r.Tries--
		return t.putOff(ctx, r, back, 0, err)
	case errors.Is(err, ErrNotSent):
		return t.again(ctx, r, back, t.d.lookUp(), err)
	case isLater:
		return t.later(ctx, r, back, later)
	case r.Notice.Act == Close && (errors.Is(err, ErrGone) || errors.Is(err, ErrUneditable)):
		return t.finish(ctx, r, moot)
	case errors.Is(err, ErrGone) && page != nil:
		return t.gone(ctx, r, page)
	case errors.Is(err, ErrRejected), errors.Is(err, ErrGone), errors.Is(err, ErrUneditable):
		return t.refused(ctx, r, back, err)
	}
	return t.unknown(ctx, r, err)
}

// later leaves the whole channel alone for a while. The notice is not to
// blame, so the try does not count.
func (t *tour) later(ctx context.Context, r *record, back stage, cause *LaterError) (stage, error) {
	r.Tries--
	now := t.d.now()
	if r.waited > t.d.retention() {
		return t.giveUp(ctx, r, cause)
	}
	after := min(max(cause.After, time.Second), longestDelay)
	var since time.Time
	err := t.change(ctx, Destination{Channel: t.name}, func(s *site) bool {
		if s.LaterSince.IsZero() {
			s.LaterSince = now
		}
		since = s.LaterSince
		if until := now.Add(after); s.held.Before(until) {
			s.held = until
		}
		return true
	})
	if !since.IsZero() && now.Sub(since) >= deafAfter {
		err = errors.Join(err, t.deaf(ctx, r, cause))
	}
	s, putErr := t.putOff(ctx, r, back, after, cause)
	return s, errors.Join(putErr, err)
}

// refused tries again ever more rarely: somebody may mend the token or invite
// the bot.
func (t *tour) refused(ctx context.Context, r *record, back stage, cause error) (stage, error) {
	if r.Notice.Act == Post {
		t.learn(ctx, r.Notice.place(), "") // the place may have another id by now
	}
	return t.again(ctx, r, back, min(time.Minute<<min(max(r.Tries-1, 0), 6), longestDelay), cause)
}

// unknown leaves the notice marked: it may have been said. The next try
// begins with looking it up.
func (t *tour) unknown(ctx context.Context, r *record, cause error) (stage, error) {
	ctx, cancel := lasting(ctx)
	defer cancel()
	if errors.Is(cause, errTaken) {
		return pending, cause
	}
	r.Uncertain = true
	r.Spent = r.Spent || errors.Is(cause, ErrDuplicate)
	doubt := max(t.d.lookUp(), min(t.d.lookUp()<<min(max(r.Tries-1, 0), 5), longestDoubt))
	return t.again(ctx, r, sending, doubt, cause)
}

// again counts a try that led to nothing.
func (t *tour) again(ctx context.Context, r *record, back stage, after time.Duration, cause error) (stage, error) {
	if r.Tries >= t.d.tries() {
		return t.giveUp(ctx, r, cause)
	}
	var err error
	if r.Tries >= deafTries {
		err = t.deaf(ctx, r, cause)
	}
	s, putErr := t.putOff(ctx, r, back, after, cause)
	return s, errors.Join(putErr, err)
}

// putOff makes a notice due after a while.
func (t *tour) putOff(ctx context.Context, r *record, s stage, after time.Duration, cause error) (stage, error) {
	r.Stage, r.LastError, r.Wait = s, cause.Error(), after
	_, err := t.d.write(ctx, r)
	return s, errors.Join(cause, err)
}

func (t *tour) giveUp(ctx context.Context, r *record, cause error) (stage, error) {
	r.LastError = cause.Error()
	err := t.deaf(ctx, r, cause)
	s, finishErr := t.finish(ctx, r, dead)
	return s, errors.Join(fmt.Errorf("given up after %d tries: %w", r.Tries, cause), finishErr, err)
}
