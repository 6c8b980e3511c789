package board

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	breath    = 40 * time.Millisecond // between events: what comes faster comes together
	heartbeat = 15 * time.Second
)

// serveEvents streams the state and then its changes as server-sent events,
// until the page goes or the board is closed.
func (b *Board) serveEvents(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithCancel(r.Context())
	var rings sync.WaitGroup
	defer rings.Wait()
	defer stop()
	bell := make(chan struct{}, 1)
	rings.Go(func() { ring(ctx, bell, b.slack.Wait) })
	rings.Go(func() { ring(ctx, bell, b.pager.Wait) })

	guard(w)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a server's own deadline is meant for answers that end
	state := State{Full: true, Slack: b.slack.Snapshot(), Pager: b.pager.Snapshot()}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if err := send(w, out, state); err != nil {
			return
		}
		if !b.rest(ctx, bell, beat.C, func() error { _, _ = fmt.Fprint(w, ":\n\n"); return out.Flush() }) {
			return
		}
		state = State{Slack: b.slack.Changed(state.Slack.Rev), Pager: b.pager.Changed(state.Pager.Rev)}
	}
}

// rest waits for the bell, then a breath. False: the stream is over.
func (b *Board) rest(ctx context.Context, bell <-chan struct{}, beat <-chan time.Time, idle func() error) bool {
	for {
		select {
		case <-bell:
			select {
			case <-time.After(breath):
				return true
			case <-ctx.Done():
				return false
			case <-b.closed:
				return false
			}
		case <-beat:
			if idle() != nil {
				return false
			}
		case <-ctx.Done():
			return false
		case <-b.closed:
			return false
		}
	}
}

// ring rings the bell for every change that wait reports.
func ring(ctx context.Context, bell chan<- struct{}, wait func(context.Context, int64) (int64, error)) {
	rev, err := wait(ctx, 0)
	for ; err == nil; rev, err = wait(ctx, rev) {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
}

func send(w http.ResponseWriter, out *http.ResponseController, s State) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
		return err
	}
	return out.Flush()
}
