package functions

import "time"

// A Config says what to run and for whom. Only Root is required.
type Config struct {
	Root string // the directory of host.json

	// Env is the environment of the host, and so of the handler; nil means
	// that of this program. Settings are the app settings, such as
	// [LocalSettings] reads them: they count where Env has no such name.
	Env, Settings []string

	// HTTPAddr is where the host itself listens, on the loopback, for HTTP
	// functions and POST /admin/functions/NAME; empty: nowhere. Port 0 is
	// allowed, see [Host.Addr].
	HTTPAddr string

	// Key must be brought, as x-functions-key or code, by callers of the
	// administration and of HTTP functions that are not anonymous; empty: no
	// key is asked for.
	Key string

	// ContentLength sends envelopes with a Content-Length instead of chunked,
	// as the host does under the Core Tools.
	ContentLength bool

	// Orphan lets the handler live on when this program dies without stopping
	// the host, as it does in Azure. Else Linux kills it.
	Orphan bool

	// On is told what happens, from several goroutines at a time; nil is allowed.
	On func(Event)
}

// pace holds the host's own times, which tests shorten.
type pace struct {
	probe time.Duration // between two probes
	grace time.Duration // between functionTimeout and the kill
	drain time.Duration // for calls in flight when the host stops
	retry time.Duration // before a listener tries again, doubled each time

	notice time.Duration // from a broken call to the news that its process died
}

var realPace = pace{
	probe: 25 * time.Millisecond, grace: 2 * time.Second, drain: 10 * time.Second,
	retry: time.Second, notice: 100 * time.Millisecond,
}
