// Package ledger stores what Busbell knows and what it has sent: incidents,
// notices, watermarks, milestones. It stores entries, which are bytes under a
// key, and detects concurrent writers.
//
// Everything else relies on one promise: of any number of concurrent Inserts of
// one key exactly one succeeds, and of any number of concurrent Updates of one
// version exactly one succeeds.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Callers handle each of these differently; test with errors.Is.
var (
	ErrNotFound = errors.New("no such entry")
	ErrExists   = errors.New("entry exists")
	ErrChanged  = errors.New("entry was changed by somebody else")

	// ErrBad marks an error of a single entry: the store has a row under the key
	// that is not a valid entry. What is known of it is returned with the error.
	ErrBad = errors.New("not an entry")
)

// Conflict reports whether a write failed because the row has changed since it
// was read.
func Conflict(err error) bool {
	return errors.Is(err, ErrChanged) || errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound)
}

// A Key names an entry. Both parts may hold any text; an implementation
// escapes or hashes what its store cannot hold.
type Key struct {
	Partition string // what is listed together, "production/incidents"
	Row       string
}

// An Entry is one row.
type Entry struct {
	Key   Key
	Value []byte // at most MaxValue long

	// Due is when the entry is to be processed; zero means never. [Ledger.Due]
	// finds entries by it. It is rounded down to Precision.
	Due time.Time

	// Version changes with every write. Update and Delete act on the version
	// that the entry carries and on no other.
	Version string

	// WriteID identifies the last write of the row. Each Insert and Update gets a
	// new one from the caller; with "" the ledger chooses it.
	WriteID string

	// Written is when the store last wrote the entry. Age is how long ago that
	// was when the entry was read. Both are by the store's clock, which all
	// processes share. Age may be up to a second too short, and is never too
	// long. Get, List and Due set them and WriteID; Insert and Update do not.
	Written time.Time
	Age     time.Duration
}

// Limits of an entry.
const (
	MaxValue  = 512 << 10 // bytes of the value
	MaxName   = 4 << 10   // bytes of either part of a key
	Precision = 100 * time.Nanosecond
)

// The years that a Due may be in. Table Storage has no earlier ones.
const firstYear, lastYear = 1601, 9999

// Check reports an entry that no ledger accepts. All ledgers call it, so that
// they refuse the same.
func (e Entry) Check() error {
	if n := max(len(e.Key.Partition), len(e.Key.Row)); n > MaxName {
		return fmt.Errorf("a key of %d bytes is longer than the %d that either part may have", n, MaxName)
	}
	if n := len(e.Value); n > MaxValue {
		return fmt.Errorf("a value of %d bytes is longer than the %d that an entry may hold", n, MaxValue)
	}
	if year := e.Due.UTC().Year(); !e.Due.IsZero() && (year < firstYear || year > lastYear) {
		return fmt.Errorf("an entry cannot be due in the year %d", year)
	}
	return nil
}

// A Ledger stores entries. It is safe for concurrent use, also by many processes
// if they share its store. An error other than those of this package means that
// the outcome is unknown.
type Ledger interface {
	// Get returns the entry, or ErrNotFound. With ErrBad it returns the key,
	// the version, and the bytes that the store holds.
	Get(ctx context.Context, key Key) (Entry, error)

	// Insert stores a new entry and returns it with its version, or ErrExists.
	Insert(ctx context.Context, e Entry) (Entry, error)

	// Update replaces the entry whose version e carries, and returns it with
	// the new version. ErrChanged if that version is not the current one,
	// ErrNotFound if the entry is gone.
	Update(ctx context.Context, e Entry) (Entry, error)

	// Delete removes the entry whose version e carries; ErrChanged and
	// ErrNotFound as for Update.
	Delete(ctx context.Context, e Entry) error

	// List yields the entries of a partition in no particular order. An error
	// ends the sequence, except ErrBad, which comes with an entry as Get returns
	// it. That entry has no version if the store does not know its row.
	List(ctx context.Context, partition string) iter.Seq2[Entry, error]

	// Due yields the entries of a partition that have a Due at or before the
	// given time, the earliest first.
	Due(ctx context.Context, partition string, before time.Time) iter.Seq2[Entry, error]
}
