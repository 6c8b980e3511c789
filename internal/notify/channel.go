package notify

import (
	"context"
	"errors"
	"time"
)

// A Channel says notices somewhere. It never tries again by itself: what an
// error means for the next attempt is in its kind.
type Channel interface {
	// Send does once what n asks for. page is the receipt of the page that n
	// revises, remarks on or ends; for an announcement it holds at most the
	// Place that Resolve gave. The receipt of an announcement must hold all
	// that later acts need.
	Send(ctx context.Context, n Notice, page Receipt) (Receipt, error)

	// Find looks for what an earlier Send of the same notice, whose outcome
	// is unknown, may have left behind since then. False means that it is not
	// there; an error that we do not know.
	Find(ctx context.Context, n Notice, page Receipt, since time.Time) (Receipt, bool, error)
}

// A Resolver is a Channel that knows its places by ids of its own, which
// finding and changing messages needs.
type Resolver interface {
	// Resolve returns the id of the place that a notice names, "" where it
	// cannot be had. Nothing is said to anybody.
	Resolve(ctx context.Context, to string) (id string, err error)
}

// An Uploader is a Channel that takes the file of a remark in two steps.
type Uploader interface {
	// Upload hands the file over and returns the id by which Send shows it.
	// Until then nobody sees it, so that an Upload of unknown outcome may
	// simply be repeated. ErrRejected means that the channel takes no files.
	Upload(ctx context.Context, n Notice) (id string, err error)
}

// A Receipt is how a channel finds a page again. Its fields are the
// channel's own: a Slack channel id and a message's ts, an alert's alias.
type Receipt struct {
	Place string `json:"place,omitempty"`
	ID    string `json:"id,omitempty"`
}

// What an error of Send means. Every other error, and ErrUnknown, means that
// the notice may or may not have been said.
var (
	// ErrRejected: refused for good; sending the same again cannot succeed
	// before somebody has mended something.
	ErrRejected = errors.New("rejected")

	// ErrGone: the page was deleted; a new one may be announced.
	ErrGone = errors.New("page is gone")

	// ErrFixed: the page stands but cannot be changed any more.
	ErrFixed = errors.New("page cannot be changed")

	// ErrUnsaid: nothing was said, because the time that the caller gave was
	// over. Neither the notice nor the channel is to blame.
	ErrUnsaid = errors.New("not said yet")

	// ErrUnknown: the outcome is unknown.
	ErrUnknown = errors.New("outcome unknown")

	// ErrSpent comes with ErrUnknown: the channel takes the notice for a
	// repetition. If it is not there after all, it needs another Round.
	ErrSpent = errors.New("taken for a repetition")
)

// A LaterError says that nothing was said and that it may be tried again
// after a while. It speaks of the channel, not of the notice.
type LaterError struct {
	After time.Duration // 0 where the channel did not say
	Err   error
}

func (e *LaterError) Error() string { return e.Err.Error() }
func (e *LaterError) Unwrap() error { return e.Err }
