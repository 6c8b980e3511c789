package servicebus

import "time"

// patience is how long something waits for the client before it is logged.
const patience = 5 * time.Second

// A wait is for a window or a credit that the client must send.
type wait struct {
	since  time.Time // zero while nothing waits
	logged bool
}

// logWait logs once that messages or answers have waited for the client for
// long: a client that waits for them in turn says nothing.
func (ses *session) logWait(now time.Time) {
	needs := ses.needs()
	switch w := &ses.wait; {
	case needs == "":
		*w = wait{}
	case w.since.IsZero():
		w.since = now
	case !w.logged && now.Sub(w.since) >= patience:
		w.logged = true
		ses.c.s.cfg.Log.Debug("waiting for the client", "needs", needs,
			"client", ses.c.conn.RemoteAddr().String(), "channel", ses.channel, "frames", len(ses.pending.frames))
	}
}

// needs names what the client must send before anything more can go out; it is
// empty when nothing waits.
func (ses *session) needs() string {
	wants := len(ses.pending.frames) > 0
	for _, out := range ses.outlets {
		if len(out.replies) > 0 && out.credit == 0 {
			return "credit of link " + out.name
		}
		wants = wants || out.credit > 0
	}
	if wants && ses.theirWindow == 0 {
		return "session window"
	}
	return ""
}
