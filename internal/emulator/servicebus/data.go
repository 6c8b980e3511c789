package servicebus

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/logfile"
)

// data keeps what the broker holds in a file. Each change is a record; what is
// changed under one lock of the broker is one frame of the file, so that a
// message which moves from one queue to another is never in none.
//
// The broker adds records and waits for nothing. Before a connection sends
// anything, it has them written ([data.flush]): no client hears of a change
// that is not in the file. What a client hears of a message that it sent, is on
// the disk. That a message was settled may be lost in a power failure; it is
// delivered again then, as the service may do too.
//
// A nil data keeps nothing. The broker's lock guards records and urgent.
type data struct {
	b *broker

	records []byte
	urgent  bool         // the records hold messages that were sent
	added   atomic.Int64 // bytes of records so far
	written atomic.Int64 // of them in the file

	writing   sync.Mutex // held before the broker's lock
	file      *logfile.File
	spare     []byte
	compactAt int64
	err       error // for good
	admin     []adminRecord
}

// An adminRecord is a change by the administration API.
type adminRecord struct {
	method, path string
	update       bool
	body         []byte
}

// What a record says; its first element. The second one is a path.
const (
	keptRecord  int32 = iota + 1 // a message is in a queue, as it stands here
	goneRecord                   // a message is no longer in a queue: its number
	rowRecord                    // numbers given so far
	seenRecord                   // an identity that duplicate detection knows, and since when
	stateRecord                  // of a session: id, state, when
	adminRecordKind
)

// add adds a record, with the broker locked.
func (d *data) add(record amqp.List) {
	before := len(d.records)
	d.records = amqp.Append(d.records, record)
	d.added.Add(int64(len(d.records) - before))
}

// kept says that a message is in a queue, or has changed there.
func (d *data) kept(q *queue, m *message) {
	if d != nil {
		d.urgent = true
		d.add(m.record(q.path))
	}
}

// gone says that a message is no longer in a queue.
func (d *data) gone(q *queue, m *message) {
	if d != nil {
		d.add(amqp.List{goneRecord, q.path, m.seq})
	}
}

// saw says that duplicate detection knows a message.
func (d *data) saw(path string, a arrival) {
	if d != nil {
		d.add(amqp.List{seenRecord, path, a.identity, a.at})
	}
}

// state says what receivers keep for a session.
func (d *data) state(q *queue, s *messageSession) {
	if d != nil {
		d.urgent = true
		d.add(sessionRecord(q, s))
	}
}

func sessionRecord(q *queue, s *messageSession) amqp.List {
	var state any
	if s.state != nil {
		state = s.state
	}
	return amqp.List{stateRecord, q.path, s.id, state, s.changed}
}

// administered says that the administration API made, changed or deleted an
// entity.
func (d *data) administered(a adminRecord) {
	if d != nil {
		d.urgent = true
		d.add(a.record())
		d.remember(a)
	}
}

func (a adminRecord) record() amqp.List {
	return amqp.List{adminRecordKind, a.path, a.method, a.update, a.body}
}

// remember keeps what is needed to make the entities again. Nothing is needed
// of one that a client made and deleted.
func (d *data) remember(a adminRecord) {
	made := false
	if gone := fold(a.path); a.method == http.MethodDelete {
		d.admin = slices.DeleteFunc(d.admin, func(old adminRecord) bool {
			path := fold(old.path)
			made = made || path == gone && old.method == http.MethodPut && !old.update
			return path == gone || strings.HasPrefix(path, gone+"/")
		})
	}
	if !made {
		d.admin = append(d.admin, a)
	}
}

// flush has everything in the file that the broker has decided so far.
func (d *data) flush() error {
	if d == nil || d.written.Load() >= d.added.Load() {
		return nil
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.err != nil {
		return d.err
	}
	d.b.mu.Lock()
	frame, urgent, upTo := d.records, d.urgent, d.added.Load()
	d.records, d.urgent = d.spare[:0], false
	d.b.mu.Unlock()
	if d.err = d.file.Append(frame, urgent); d.err != nil {
		d.err = fmt.Errorf("write the data file: %w", d.err)
		return d.err
	}
	d.spare = frame
	d.written.Store(upTo)
	if d.file.Size() > d.compactAt {
		d.err = d.compact()
	}
	return d.err
}

// close writes what is left.
func (d *data) close() error {
	if d == nil {
		return nil
	}
	return errors.Join(d.flush(), d.file.Close())
}

// slack is how much a file may grow before it is worth writing anew.
const slack = 32 << 20

// compact writes the file anew with what is there. The broker stands still
// meanwhile; it happens when the file has doubled, so each message pays for
// its share once.
func (d *data) compact() error {
	d.b.mu.Lock()
	defer d.b.mu.Unlock()
	d.records, d.urgent = d.records[:0], false // what they say is in the new file
	d.written.Store(d.added.Load())
	err := d.file.Rewrite(func(add func([]byte) error) error {
		var frame []byte
		put := func(r amqp.List) error {
			frame = amqp.Append(frame[:0], r)
			return add(frame)
		}
		for _, a := range d.admin {
			if err := put(a.record()); err != nil {
				return err
			}
		}
		for _, q := range d.b.stores() {
			if err := q.records(put); err != nil {
				return err
			}
		}
		return nil
	})
	d.compactAt = 2*d.file.Size() + slack
	return err
}

// records are all that has to be kept of a queue.
func (q *queue) records(put func(amqp.List) error) error {
	if q.parent == nil {
		row := amqp.List{rowRecord, q.path}
		for _, last := range q.row.last {
			row = append(row, last)
		}
		if err := put(row); err != nil {
			return err
		}
	}
	for m := range q.all.from(0) {
		if err := put(m.record(q.path)); err != nil {
			return err
		}
	}
	for _, a := range q.duplicates().order {
		if err := put(amqp.List{seenRecord, q.path, a.identity, a.at}); err != nil {
			return err
		}
	}
	for _, s := range q.sessions.byID {
		if s.state != nil {
			if err := put(sessionRecord(q, s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// duplicates is what duplicate detection knows of the queue, or of the topic
// whose scheduled messages these are.
func (q *queue) duplicates() *history {
	if q.topic != nil {
		return &q.topic.history
	}
	return &q.history
}
