// Package ledger keeps what Busbell knows and what it told whom: incidents,
// notices, marks, milestones. It knows none of these words; it keeps entries,
// bytes under a key, and guards them against two writers at once.
//
// The promise on which everything else stands: of any number of concurrent
// Inserts of one key exactly one succeeds, and of any number of concurrent
// Updates of one version exactly one succeeds.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// A caller does something different for each of these; test with errors.Is.
var (
	ErrNotFound = errors.New("no such entry")
	ErrExists   = errors.New("entry exists")
	ErrChanged  = errors.New("entry was changed by somebody else")

	// ErrBad marks an error of one entry alone: the store holds something under
	// the key that is no entry. What is known of it stands beside the error.
	ErrBad = errors.New("not an entry")
)

// Conflict reports whether a write failed because somebody else was first: the
// row is no longer what it was when it was read.
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

	// Due is when somebody should look at the entry again; zero is never.
	// [Ledger.Due] finds entries by it. What is finer than Precision is lost.
	Due time.Time

	// Version changes with every write. Update and Delete act on the version
	// that the entry carries and on no other.
	Version string

	// WriteID names the write that made the row what it is. A caller gives each
	// Insert and Update a new one; "" lets the ledger choose.
	WriteID string

	// Written is when the store last wrote the entry, and Age how long ago that
	// was when the entry was read: both by the store's clock, which all
	// processes share. Age may be up to a second too short, and is never too
	// long. Get, List and Due set them and WriteID; what Insert and Update return
	// has none of them.
	Written time.Time
	Age     time.Duration
}

// What an entry may hold.
const (
	MaxValue  = 512 << 10 // bytes of the value
	MaxName   = 4 << 10   // bytes of either part of a key
	Precision = 100 * time.Nanosecond
)

// Years that a Due may be in. Table Storage knows none before.
const firstYear, lastYear = 1601, 9999

// Check reports what no ledger accepts, so that all of them refuse the same.
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

// A Ledger keeps entries. It is safe for concurrent use, by many processes
// where its store is shared. An error that is none of this package's means
// that the outcome is unknown.
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
	// ends it, but for one that is ErrBad, which stands beside an entry as Get
	// returns it. It has no version where the store does not know its row.
	List(ctx context.Context, partition string) iter.Seq2[Entry, error]

	// Due yields the entries of a partition that have a Due at or before the
	// given time, the longest due first.
	Due(ctx context.Context, partition string, before time.Time) iter.Seq2[Entry, error]
}
