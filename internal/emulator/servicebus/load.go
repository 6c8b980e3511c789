package servicebus

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/logfile"
)

// record is a message in its file. What it lacks, a lock and a place in a
// session, does not outlive the process.
func (m *message) record(path string) amqp.List {
	r := amqp.List{
		keptRecord, path, m.seq, m.enqueuedSeq, m.enqueued, m.due, m.hasDue, m.state, m.deliveries,
		m.life, m.ttl, m.noteCount, m.notes, m.properties, m.application, m.body,
	}
	if e := m.extra; e != nil {
		r = append(r, e.durable, e.priority, e.firstAcquirer, e.delivery, e.source)
	}
	return r
}

// messageOf reads what record wrote. Nothing of it shares memory with r.
func messageOf(r *recordReader) *message {
	m := &message{
		seq: read[int64](r), enqueuedSeq: read[int64](r), enqueued: read[int64](r), due: read[int64](r),
		hasDue: read[bool](r), state: read[int32](r), deliveries: read[uint32](r), life: read[int64](r), ttl: read[uint32](r),
		noteCount: read[uint32](r), notes: bytes.Clone(read[[]byte](r)), properties: bytes.Clone(read[[]byte](r)),
		application: bytes.Clone(read[[]byte](r)), body: bytes.Clone(read[[]byte](r)),
	}
	if len(r.left) > 0 {
		m.extra = &extra{
			durable: r.next(), priority: r.next(), firstAcquirer: r.next(), delivery: read[amqp.Map](r), source: read[string](r),
		}
	}
	return m
}

// A recordReader takes the elements of a record in their order.
type recordReader struct {
	left amqp.List
	err  error
}

func (r *recordReader) next() any {
	if len(r.left) == 0 {
		r.err = fmt.Errorf("a record is too short")
		return nil
	}
	v := r.left[0]
	r.left = r.left[1:]
	return v
}

func read[T any](r *recordReader) T {
	v := r.next()
	t, ok := v.(T)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("a record holds a %T in place of a %T", v, t)
	}
	return t
}

// load fills the broker with what the file holds, and has it kept there from
// now on. Entities of the configuration have the settings that stand there; the
// others are made as they were.
func (b *broker) load(path string, log *slog.Logger) error {
	l := loader{b: b, d: &data{b: b}, configured: map[string]bool{}, log: log}
	for _, q := range b.stores() {
		l.configured[fold(q.path)] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loading = true
	defer func() { b.loading = false }()
	file, cut, err := logfile.Open(path, l.frame)
	if err != nil {
		return fmt.Errorf("data file: %w", err)
	}
	if cut > 0 {
		log.WarnContext(context.Background(), "data file cut at a torn or damaged record: what followed is not loaded, and is kept beside it",
			"file", path, "at", file.Size(), "bytes", cut, "kept", logfile.CutPath(path))
	}
	l.d.file, l.d.compactAt = file, 2*file.Size()+slack
	b.data = l.d
	return nil
}

// A loader applies the records of a file. The broker keeps nothing meanwhile.
type loader struct {
	b          *broker
	d          *data
	configured map[string]bool
	log        *slog.Logger
}

func (l *loader) frame(frame []byte) error {
	for len(frame) > 0 {
		v, rest, err := amqp.Decode(frame)
		if err != nil {
			return err
		}
		list, _ := v.(amqp.List)
		r := &recordReader{left: list}
		l.apply(r)
		if r.err != nil {
			return r.err
		}
		frame = rest
	}
	return nil
}

func (l *loader) apply(r *recordReader) {
	kind, path := read[int32](r), read[string](r)
	if kind == adminRecordKind {
		a := adminRecord{path: path, method: read[string](r), update: read[bool](r), body: bytes.Clone(read[[]byte](r))}
		if r.err == nil {
			l.administer(a)
		}
		return
	}
	q := l.queue(path)
	if q == nil {
		r.err = fmt.Errorf("a record of %q: no such entity can be made", path)
		return
	}
	switch kind {
	case keptRecord:
		if m := messageOf(r); r.err == nil {
			q.restore(m)
		}
	case goneRecord:
		if m := q.all.get(read[int64](r)); m != nil {
			q.discard(m)
		}
	case rowRecord:
		for i := range q.row.last {
			q.row.last[i] = max(q.row.last[i], read[int64](r))
		}
	case seenRecord:
		q.duplicates().add(arrival{read[string](r), read[int64](r)})
	case stateRecord:
		s := q.sessions.session(read[string](r))
		state, _ := r.next().([]byte)
		s.state, s.changed = bytes.Clone(state), read[int64](r)
		q.sessions.update(s)
	default:
		r.err = fmt.Errorf("a record of kind %d: the file is of a later version", kind)
	}
}

// restore puts a message where it was. A later record of the same message
// takes the place of an earlier one.
func (q *queue) restore(m *message) {
	if old := q.all.get(m.seq); old != nil {
		q.discard(old)
	}
	row := &q.owner().row.last[partition(m.seq)%partitions]
	*row = max(*row, m.seq&(1<<48-1))
	switch {
	case m.state == scheduled:
		m.expiry = q.b.set(m.due, func() { q.activate(m) })
	case m.life > 0 && q.parent == nil:
		m.expiry = q.b.set(m.enqueued+m.life, func() { q.expire(m) })
	}
	q.keep(m)
	if m.state == active {
		q.offer(m)
	}
}

// administer repeats a change by the administration API.
func (l *loader) administer(a adminRecord) {
	if l.configured[fold(a.path)] {
		return
	}
	l.d.remember(a)
	if a.method == http.MethodDelete {
		l.b.deleteEntity(a.path)
		return
	}
	if answer := l.b.putEntity(a.path, a.body, a.update); answer.status >= http.StatusBadRequest {
		l.log.WarnContext(context.Background(), "an entity of the data file could not be made as it was", "entity", a.path, "answer", answer.body)
	}
}

// queue finds the queue that a record is about. One that is neither configured
// nor was made by a client has been taken out of the configuration: it is made
// with defaults, because its messages were accepted.
func (l *loader) queue(path string) *queue {
	if n := l.b.find(path); n.exists() {
		return n.store()
	}
	entity := path
	for _, suffix := range []string{"/$Transfer/$DeadLetterQueue", "/$DeadLetterQueue"} {
		entity = strings.TrimSuffix(entity, suffix)
	}
	l.log.WarnContext(context.Background(), "the data file holds an entity that is not configured: it was made with defaults", "entity", entity)
	if topic, name, ok := strings.Cut(entity, "/Subscriptions/"); ok {
		if !l.b.find(topic).exists() {
			_, _ = l.b.addTopic(Topic{Name: topic}) // checked by find below
		}
		if t := l.b.find(topic).topic; t != nil {
			_, _ = l.b.addSubscription(t, Queue{Name: name})
		}
	} else {
		_, _ = l.b.addQueue(Queue{Name: entity})
	}
	if n := l.b.find(path); n.exists() {
		return n.store()
	}
	return nil
}
