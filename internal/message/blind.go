package message

import "errors"

// Why a place cannot be read, where somebody can do something about it. Of
// each a caller does something different; test with errors.Is. An error that
// is none of these is most often over by itself.
var (
	// ErrMissing: the place is not there. Until somebody makes it, asking
	// again is of no use.
	ErrMissing = errors.New("it does not exist in this namespace")

	// ErrForbidden: we may not read it; somebody has to give us the right.
	ErrForbidden = errors.New("not allowed")

	// ErrDisabled: somebody has turned it off.
	ErrDisabled = errors.New("it is disabled")

	// ErrNeedsSession: it shows itself to receivers with a session only, and
	// so never to us.
	ErrNeedsSession = errors.New("it needs sessions")

	// ErrAway: the service itself cannot be reached, so nothing in it can.
	ErrAway = errors.New("the broker does not answer")

	// ErrBusy: the broker asks to come back later, and sooner makes it worse.
	ErrBusy = errors.New("the broker is busy")
)
