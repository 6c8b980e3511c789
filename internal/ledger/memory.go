package ledger

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Memory is a Ledger in memory. The zero value is empty and ready to use.
type Memory struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	mu         sync.Mutex
	writes     int64
	partitions map[string]map[string]Entry
}

var _ Ledger = (*Memory)(nil)

// Get returns a copy of the entry.
func (m *Memory) Get(_ context.Context, key Key) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.partitions[key.Partition][key.Row]
	if !ok {
		return Entry{}, ErrNotFound
	}
	return m.read(e), nil
}

// Insert stores a copy of e.
func (m *Memory) Insert(_ context.Context, e Entry) (Entry, error) {
	if err := e.Check(); err != nil {
		return Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.partitions[e.Key.Partition][e.Key.Row]; ok {
		return Entry{}, ErrExists
	}
	return m.put(e), nil
}

// Update replaces the entry by a copy of e.
func (m *Memory) Update(_ context.Context, e Entry) (Entry, error) {
	if err := e.Check(); err != nil {
		return Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.current(e); err != nil {
		return Entry{}, err
	}
	return m.put(e), nil
}

// Delete removes the entry.
func (m *Memory) Delete(_ context.Context, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.current(e); err != nil {
		return err
	}
	delete(m.partitions[e.Key.Partition], e.Key.Row)
	return nil
}

// List yields the entries that exist when it begins.
func (m *Memory) List(ctx context.Context, partition string) iter.Seq2[Entry, error] {
	return yieldAll(ctx, m.entries(partition, func(Entry) bool { return true }))
}

// Due yields the entries that are due when it begins.
func (m *Memory) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[Entry, error] {
	due := m.entries(partition, func(e Entry) bool { return !e.Due.IsZero() && !e.Due.After(before) })
	slices.SortFunc(due, func(a, b Entry) int { return a.Due.Compare(b.Due) })
	return yieldAll(ctx, due)
}

func (m *Memory) current(e Entry) error {
	have, ok := m.partitions[e.Key.Partition][e.Key.Row]
	switch {
	case !ok:
		return ErrNotFound
	case have.Version != e.Version:
		return ErrChanged
	}
	return nil
}

func (m *Memory) put(e Entry) Entry {
	m.writes++
	e.Due = e.Due.UTC().Truncate(Precision)
	e.Version = strconv.FormatInt(m.writes, 10)
	if m.partitions == nil {
		m.partitions = map[string]map[string]Entry{}
	}
	if m.partitions[e.Key.Partition] == nil {
		m.partitions[e.Key.Partition] = map[string]Entry{}
	}
	e.Written, e.Age = time.Time{}, 0
	stored := copied(e)
	e.WriteID = ""
	stored.Written = m.now()
	m.partitions[e.Key.Partition][e.Key.Row] = stored
	return e
}

// read returns an entry as callers see it.
func (m *Memory) read(e Entry) Entry {
	e = copied(e)
	e.Age = max(m.now().Sub(e.Written), 0)
	return e
}

func (m *Memory) now() time.Time {
	if m.Now != nil {
		return m.Now().UTC()
	}
	return time.Now().UTC()
}

func (m *Memory) entries(partition string, want func(Entry) bool) []Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Entry
	for _, e := range m.partitions[partition] {
		if want(e) {
			found = append(found, m.read(e))
		}
	}
	return found
}

// copied copies the bytes of a value, so that callers do not share them.
func copied(e Entry) Entry {
	e.Value = slices.Clone(e.Value)
	return e
}

func yieldAll(ctx context.Context, entries []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}
