package tables

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

// A pace limits the time of a call and of its retries. The SDK's own retries are
// off: they hide that an earlier try may have succeeded.
type pace struct {
	try   time.Duration // for one answer
	whole time.Duration // for all tries
	tries int
	pause time.Duration // before the second try; doubled before each later one
}

// The service works on a query for up to five seconds before it answers with
// what it has found.
var (
	shortPace = pace{try: 3 * time.Second, whole: 7 * time.Second, tries: 4, pause: 150 * time.Millisecond}
	longPace  = pace{try: 10 * time.Second, whole: 15 * time.Second, tries: 4, pause: 150 * time.Millisecond}
)

// errSilent reports that the time of the pace is over.
var errSilent = errors.New("no answer in time; check the address and the network")

// try makes a call until its answer is final, the time of the pace is over, or ctx
// ends. doubt means that a try before the last one may have succeeded: its answer
// was lost, or was an error of the service.
func (l *Ledger) try(ctx context.Context, p pace, do func(context.Context) error) (doubt bool, err error) {
	end := time.Now().Add(p.whole)
	pause := p.pause
	for n := 1; ; n++ {
		err = l.once(ctx, min(p.try, time.Until(end)), do)
		if err == nil || !passing(err) || ctx.Err() != nil {
			return doubt, err
		}
		missing := coded(err, aztables.TableNotFound)
		doubt = doubt || !missing && !refused(err)
		if missing {
			if err := l.create(ctx, min(p.try, time.Until(end))); err != nil && !passing(err) {
				return doubt, err
			}
		}
		wait := max(pause, askedFor(err))
		if missing && n == 1 {
			wait = 0
		}
		if n == p.tries || time.Until(end) <= wait {
			return doubt, err
		}
		if sleep(ctx, wait) != nil {
			return doubt, err
		}
		pause *= 2
	}
}

// once makes one call within its time limit. Its own timeout is told apart from
// the end of the caller's context.
func (l *Ledger) once(ctx context.Context, patience time.Duration, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := do(bounded)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil && !answered(err):
		return errSilent
	}
	return err
}

// create creates the table. Another process may do so at the same time.
func (l *Ledger) create(ctx context.Context, patience time.Duration) error {
	err := l.once(ctx, patience, func(ctx context.Context) error {
		_, err := l.table.CreateTable(ctx, nil)
		return err
	})
	if coded(err, aztables.TableAlreadyExists) {
		return nil
	}
	return err
}

// passing reports whether the same call may succeed in a moment. A failed sign-in
// is final, because the SDK has retried it; but the SDK marks an answer that was
// cut short as final too, and that one is not.
func passing(err error) bool {
	if _, final := errors.AsType[interface {
		error
		NonRetriable()
	}](err); final && !brokeOff(err) {
		return false
	}
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return true
	}
	switch code := answer.StatusCode; {
	case code < 400, code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooManyRequests:
		return true // below 400: a proxy answered, not the service
	}
	return coded(err, aztables.TableNotFound, aztables.TableBeingDeleted)
}

func brokeOff(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF)
}

// refused reports whether a call has certainly changed nothing: it was refused,
// or never arrived.
func refused(err error) bool {
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return answer.StatusCode == http.StatusTooManyRequests || coded(err, aztables.TableBeingDeleted)
	}
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}

func answered(err error) bool {
	_, ok := errors.AsType[*azcore.ResponseError](err)
	return ok
}

// coded reports whether the service answered with one of the codes. The status is
// not enough: a missing table is a 404 too, and a proxy may answer 404.
func coded(err error, codes ...aztables.TableErrorCode) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	for _, code := range codes {
		if ok && answer.ErrorCode == string(code) {
			return true
		}
	}
	return false
}

// askedFor is how long the service asks us to wait.
func askedFor(err error) time.Duration {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || answer.RawResponse == nil {
		return 0
	}
	seconds, err := strconv.ParseUint(answer.RawResponse.Header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
