package errorqueue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
)

// troubled adds to the readings what kept failures from being seen: problems
// of our own, which are told like the others.
func troubled(readings []*reading, known map[string]incident.Kept) {
	for _, r := range readings {
		if r.err != nil && !errors.Is(r.err, errNoTime) {
			r.trouble(incident.Unreadable, r.err.Error(), known)
		}
		if r.progress.gaps.drained() {
			r.trouble(incident.Drained, r.progress.gaps.String(), known)
		}
	}
}

// trouble adds one about the place. While it lasts its cause stays as it was
// told, however it is worded now.
func (r *reading) trouble(t incident.Trouble, cause string, known map[string]incident.Kept) {
	g := &group{
		fingerprint: troubleFingerprint(t, r.place), tally: tally{count: 1}, trouble: t,
		failure: failure.Failure{FailingQueue: r.place.Label(), ExceptionMessage: cause},
	}
	if k := known[g.fingerprint]; k.Alive() {
		g.failure = k.Failure
	}
	r.troubles = append(r.troubles, g)
}

// troubleFingerprint is the key of a trouble with a place.
func troubleFingerprint(t incident.Trouble, place Place) string {
	sum := sha256.Sum256([]byte(place.Entity()))
	return string(t) + "-" + hex.EncodeToString(sum[:8])
}
