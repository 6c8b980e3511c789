package servicebus

import (
	"container/heap"
	"time"
)

// An alarm is something that happens to a message at a time: its lock or its
// life ends, or its schedule comes due.
type alarm struct {
	at    int64 // milliseconds since 1970
	index int   // in the heap; -1 once it is out
	ring  func()
}

// alarms is a heap of what happens next.
type alarms []*alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at < a[j].at }
func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push is for container/heap.
func (a *alarms) Push(x any) {
	al := x.(*alarm)
	al.index = len(*a)
	*a = append(*a, al)
}

// Pop is for container/heap.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	al := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	al.index = -1
	return al
}

// set makes ring be called at a time, with the broker locked.
func (b *broker) set(at int64, ring func()) *alarm {
	al := &alarm{at: at, ring: ring}
	heap.Push(&b.alarms, al)
	if al.index == 0 {
		b.hurry()
	}
	return al
}

// move puts an alarm to another time.
func (b *broker) move(al *alarm, at int64) {
	al.at = at
	if al.index >= 0 {
		heap.Fix(&b.alarms, al.index)
		b.hurry()
	}
}

// cancel takes an alarm back; nil and rung ones are fine.
func (b *broker) cancel(al *alarm) {
	if al != nil && al.index >= 0 {
		heap.Remove(&b.alarms, al.index)
	}
}

// hurry makes the clock look at the alarms anew.
func (b *broker) hurry() {
	select {
	case b.rush <- struct{}{}:
	default:
	}
}

// run rings the alarms in time until done is closed.
func (b *broker) run(done <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		b.mu.Lock()
		b.ringDue()
		wait := time.Hour
		if len(b.alarms) > 0 {
			wait = time.Duration(b.alarms[0].at-b.now()) * time.Millisecond
		}
		b.mu.Unlock()
		timer.Reset(max(wait, 0))
		select {
		case <-done:
			return
		case <-b.rush:
		case <-timer.C:
		}
	}
}

// ringDue rings the alarms whose time has come.
func (b *broker) ringDue() {
	for len(b.alarms) > 0 && b.alarms[0].at <= b.now() {
		heap.Pop(&b.alarms).(*alarm).ring()
	}
}

// now is the broker's time in milliseconds since 1970, the unit of the wire.
// Its caller holds the broker's lock.
func (b *broker) now() int64 { return time.Now().UnixMilli() + b.ahead }

// Now is the server's time, which [Server.Advance] moves.
func (s *Server) Now() time.Time {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	return time.UnixMilli(s.broker.now())
}

// Advance moves the server's clock ahead. What falls due on the way, such as
// the end of a lock, of a message's life or of a delay until a scheduled
// message is active, has happened when it returns, each in its order and at
// its own time. A negative duration does nothing.
func (s *Server) Advance(d time.Duration) {
	b := s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	end := b.ahead + d.Milliseconds()
	for len(b.alarms) > 0 {
		left := b.alarms[0].at - b.now()
		if b.ahead+left > end {
			break
		}
		b.ahead += max(left, 0)
		b.ringDue()
	}
	b.ahead = max(b.ahead, end)
	b.hurry()
}
