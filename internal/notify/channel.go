package notify

import (
	"context"
	"errors"
	"time"
)

// A Channel sends notices to one service. It never retries by itself: the kind
// of an error says what it means for the next attempt.
type Channel interface {
	// Send does once what n asks for. page is the receipt of the page that n
	// updates, replies to or closes; for a Post it holds at most the Destination
	// that Resolve returned. The receipt of a Post must hold all that later acts
	// need.
	Send(ctx context.Context, n Notice, page Receipt) (Receipt, error)

	// Find searches for what an earlier Send of the same notice, whose outcome
	// is unknown, may have created since then. False means that nothing is
	// there; an error means that it is unknown.
	Find(ctx context.Context, n Notice, page Receipt, since time.Time) (Receipt, bool, error)
}

// A Resolver is a Channel that has ids of its own for its destinations, which
// finding and changing messages needs.
type Resolver interface {
	// Resolve returns the id of the destination that a notice names, "" where
	// the channel does not tell it. Nothing is sent to anybody.
	Resolve(ctx context.Context, to string) (id string, err error)
}

// An Uploader is a Channel that takes the file of a reply in two steps.
type Uploader interface {
	// Upload stores the file and returns the id by which Send shows it. Until
	// then nobody sees it, so an Upload of unknown outcome may be repeated.
	// ErrRejected means that the channel takes no files.
	Upload(ctx context.Context, n Notice) (id string, err error)
}

// A Receipt is how a channel finds a page again. Its fields are the channel's
// own: a Slack channel id and a message's ts, an alert's alias.
type Receipt struct {
	Destination string `json:"destination,omitempty"`
	ID          string `json:"id,omitempty"`
}

// What an error of Send means. Every other error, and ErrUnknown, means that
// the notice may or may not have arrived.
var (
	// ErrRejected: refused for good; sending the same again cannot succeed
	// before somebody has fixed something.
	ErrRejected = errors.New("rejected")

	// ErrGone: the page was deleted; a new one may be posted.
	ErrGone = errors.New("page is gone")

	// ErrUneditable: the page exists but can no longer be changed.
	ErrUneditable = errors.New("page cannot be changed")

	// ErrNotSent: nothing was sent, because the caller's time was over. Neither
	// the notice nor the channel is to blame.
	ErrNotSent = errors.New("not sent yet")

	// ErrUnknown: the outcome is unknown.
	ErrUnknown = errors.New("outcome unknown")

	// ErrDuplicate comes with ErrUnknown: the channel takes the notice for a
	// repetition. If it is not there after all, it needs another Repost.
	ErrDuplicate = errors.New("taken for a repetition")
)

// A LaterError says that nothing was sent and that it may be tried again after
// a while. It is about the channel, not about the notice.
type LaterError struct {
	After time.Duration // 0 where the channel did not say
	Err   error

	// Limited: only calls like this one, to this destination, are to wait. The
	// channel takes all others.
	Limited bool
}

func (e *LaterError) Error() string { return e.Err.Error() }
func (e *LaterError) Unwrap() error { return e.Err }

// A Destination is where a notice goes: "slack" and "#bus-errors". With an
// empty To it is the channel as a whole.
type Destination struct{ Channel, To string }

func (d Destination) String() string { return d.Channel + ":" + d.To }

// Destination is where the notice goes.
func (n Notice) Destination() Destination { return Destination{n.Channel, n.To} }
