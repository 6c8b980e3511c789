package ledger

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"sync"
	"time"
)

// A Table is the rows of one kind: JSON objects of one shape in one
// partition, packed where they are long.
//
// A row that cannot be used (damaged, or written by a newer Busbell) does not end
// a listing. It is set aside: its bytes are moved to the partition that
// [BadRows] reads, and the row becomes the zero T. A row of an older shape is read
// as the zero T too, and logged once.
type Table[T any] struct {
	Ledger      Ledger
	Log         *slog.Logger // nil discards
	Environment string
	Name        string // of the partition, within the environment
	Shape       int    // from 1 on; raise it when T can no longer read what was written
}

// A Ref names a row and the version of it that was read or written.
type Ref struct {
	Key     string
	Due     time.Time // as [Entry.Due]
	Version string    // "" for a row that was never written

	Written time.Time     // as [Entry.Written]
	Age     time.Duration // as [Entry.Age]
}

// WrittenBy is when the row was written, by the clock that says now. Nothing in
// the row happened later, even if the writer's clock was ahead.
func (r Ref) WrittenBy(now time.Time) time.Time { return now.Add(-r.Age) }

// A Row is a row of a [Table].
type Row[T any] struct {
	Ref
	Value T

	text []byte // of the value, as the ledger has it
}

// Get returns the row, or ErrNotFound.
func (t Table[T]) Get(ctx context.Context, key string) (Row[T], error) {
	e, err := t.Ledger.Get(ctx, t.key(key))
	return t.Read(ctx, e, err)
}

// ErrUnwritable reports a value that cannot be encoded, or is longer than a row
// may be. Trying again does not help.
var ErrUnwritable = errors.New("value cannot be written")

// Save inserts a row without a version, updates one with a version, and returns
// it with its new version. A write whose answer was lost has succeeded if the row
// is there with its id. [Conflict] tells whether somebody else was first.
func (t Table[T]) Save(ctx context.Context, r Row[T]) (Row[T], error) {
	return t.save(ctx, r, rand.Text(), func(err error) bool { return !Conflict(err) })
}

// SaveAs is Save with an id chosen by the caller, for a write that several
// processes may make: it succeeds for all of them if it was made once.
func (t Table[T]) SaveAs(ctx context.Context, r Row[T], writeID string) (Row[T], error) {
	return t.save(ctx, r, writeID, func(error) bool { return true })
}

// save writes a row. perhaps reports whether the row may be there despite the error.
func (t Table[T]) save(ctx context.Context, r Row[T], writeID string, perhaps func(error) bool) (Row[T], error) {
	text, err := t.encode(r.Value)
	if err != nil {
		return r, err
	}
	e := Entry{Key: t.key(r.Key), Due: r.Due, Version: r.Version, WriteID: writeID}
	if e.Value, err = pack(text); err != nil {
		return r, err
	}
	write := t.Ledger.Update
	if r.Version == "" {
		write = t.Ledger.Insert
	}
	stored, err := write(ctx, e)
	if err != nil {
		there, readErr := Entry{}, err
		if perhaps(err) {
			there, readErr = t.Ledger.Get(ctx, e.Key)
		}
		if readErr != nil || there.WriteID != writeID {
			return r, err
		}
		stored = there
	}
	r.Ref, r.text = Ref{Key: r.Key, Due: stored.Due, Version: stored.Version}, text
	return r, nil
}

// Changed reports whether a row differs from what was read. A row that was never
// written differs if it is not the zero T.
func (t Table[T]) Changed(r Row[T]) (bool, error) {
	text, err := t.encode(r.Value)
	was := r.text
	if err == nil && r.Version == "" {
		was, err = t.encode(*new(T))
	}
	return err == nil && !bytes.Equal(text, was), err
}

// Delete removes the row if it has not changed. It returns no error if the row
// is gone already.
func (t Table[T]) Delete(ctx context.Context, r Ref) error {
	err := t.Ledger.Delete(ctx, Entry{Key: t.key(r.Key), Version: r.Version})
	if Conflict(err) {
		return nil
	}
	return err
}

// List yields all rows. An error ends it.
func (t Table[T]) List(ctx context.Context) iter.Seq2[Row[T], error] {
	return t.rows(ctx, t.Ledger.List(ctx, t.Partition()))
}

// Due yields the rows that have a Due at or before the given time, the earliest
// first.
func (t Table[T]) Due(ctx context.Context, before time.Time) iter.Seq2[Row[T], error] {
	return t.rows(ctx, t.Ledger.Due(ctx, t.Partition(), before))
}

func (t Table[T]) rows(ctx context.Context, entries iter.Seq2[Entry, error]) iter.Seq2[Row[T], error] {
	return func(yield func(Row[T], error) bool) {
		for e, err := range entries {
			r, err := t.Read(ctx, e, err)
			if errors.Is(err, ErrBad) {
				t.log().WarnContext(ctx, "row skipped", "partition", t.Partition(), "row", e.Key.Row, "err", err)
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// Read decodes an entry of the table. It returns ErrBad if the row cannot be used
// and could not be set aside.
func (t Table[T]) Read(ctx context.Context, e Entry, err error) (Row[T], error) {
	if err != nil && !errors.Is(err, ErrBad) {
		return Row[T]{}, err
	}
	r := Row[T]{Ref: Ref{Key: e.Key.Row, Due: e.Due, Version: e.Version, Written: e.Written, Age: e.Age}}
	if err == nil {
		if r.text, err = t.decode(e.Value, &r.Value); err == nil {
			return r, nil
		}
	}
	r.Value, r.text = *new(T), nil
	if errors.Is(err, errOlder) {
		if _, logged := olderLogged.LoadOrStore(t.Partition(), true); !logged {
			t.log().InfoContext(ctx, "rows of an older shape count as absent", "partition", t.Partition(), "err", err)
		}
		return r, nil
	}
	t.log().WarnContext(ctx, "row cannot be used: it is set aside", "partition", t.Partition(), "row", r.Key, "err", err)
	if err := t.setAside(ctx, e, err); err != nil {
		return r, fmt.Errorf("set aside row %s of %s: %w: %w", r.Key, t.Partition(), ErrBad, err)
	}
	if r, err = t.Save(ctx, r); err != nil {
		return r, fmt.Errorf("replace row %s of %s: %w: %w", r.Key, t.Partition(), ErrBad, err)
	}
	return r, nil
}

// Reasons why a row cannot be used.
var (
	errOlder = errors.New("it has an older shape")
	errNewer = errors.New("it was written by a newer Busbell")
)

// olderLogged has the partitions whose older rows this process has logged.
var olderLogged sync.Map

func (t Table[T]) decode(value []byte, into *T) (text []byte, err error) {
	if text, err = unpack(value); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if !bytes.HasPrefix(text, t.head()) {
		var row struct {
			Shape int `json:"v"`
		}
		switch err := json.Unmarshal(text, &row); {
		case err != nil:
			return nil, fmt.Errorf("decode: %w", err)
		case row.Shape > t.Shape:
			return nil, fmt.Errorf("%w: it has shape %d, and this one knows up to %d", errNewer, row.Shape, t.Shape)
		case row.Shape < t.Shape:
			return nil, fmt.Errorf("%w: %d, not %d", errOlder, row.Shape, t.Shape)
		}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return text, nil
}

// encode encodes the value, which must be an object, with its shape in front.
func (t Table[T]) encode(value T) ([]byte, error) {
	text, err := json.Marshal(value)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	case len(text) < 2 || text[0] != '{':
		return nil, fmt.Errorf("a row of %s must be an object", t.Partition())
	case len(text) == 2:
		return append(bytes.TrimSuffix(t.head(), []byte(",")), '}'), nil
	}
	return append(t.head(), text[1:]...), nil
}

func (t Table[T]) head() []byte { return fmt.Appendf(nil, `{"v":%d,`, t.Shape) }

// Partition is the partition of the rows in the ledger.
func (t Table[T]) Partition() string { return t.Environment + "/" + t.Name }

func (t Table[T]) key(row string) Key { return Key{Partition: t.Partition(), Row: row} }

func (t Table[T]) log() *slog.Logger {
	if t.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Log
}

// A BadRow is a row that could not be used: its name, the reason, and its bytes.
type BadRow struct {
	Partition string `json:"partition"`
	Row       string `json:"row"`
	Why       string `json:"why"`
	Value     []byte `json:"value,omitempty"`

	// Stays means that the row was not moved: the store does not know its name
	// (then Row is not that name), or it is too long.
	Stays bool `json:"stays,omitempty"`
}

// Passes is the name of the partition that each pass reads as a whole. Rows that
// were set aside are in it too, under names that begin with SetAsidePrefix, so
// that a pass sees them without another call.
const (
	Passes         = "places"
	SetAsidePrefix = "$bad/"
)

// BadRows are the rows of an environment that were set aside.
func BadRows(l Ledger, environment string, log *slog.Logger) Table[BadRow] {
	return Table[BadRow]{Ledger: l, Log: log, Environment: environment, Name: Passes, Shape: 1}
}

// setAside stores the bytes of a row under their hash, so that the same bytes are
// stored once.
func (t Table[T]) setAside(ctx context.Context, e Entry, why error) error {
	sum := sha256.Sum256([]byte(t.Partition() + "\x00" + e.Key.Row + "\x00" + string(e.Value)))
	bad := BadRow{Partition: t.Partition(), Row: e.Key.Row, Why: why.Error(), Value: e.Value}
	if bad.Stays = e.Version == "" || len(e.Value) > maxMoved; bad.Stays {
		bad.Value = nil
	}
	row := Row[BadRow]{Ref: Ref{Key: SetAsidePrefix + hex.EncodeToString(sum[:16])}, Value: bad}
	if _, err := BadRows(t.Ledger, t.Environment, t.Log).Save(ctx, row); err != nil && !errors.Is(err, ErrExists) {
		return err
	}
	if bad.Stays {
		return errors.New("it stays where it is")
	}
	return nil
}

// maxMoved limits the values that are set aside, so that one fits into a row even
// if it cannot be compressed.
const maxMoved = MaxValue / 2

// Examine reads all rows and changes nothing.
func (t Table[T]) Examine(ctx context.Context) Examined {
	return Examine(ctx, t.Ledger, t.Partition(), t.Unusable)
}

// Unusable says why an entry of the table cannot be used. It returns nil if it
// can be used, or counts as absent.
func (t Table[T]) Unusable(e Entry, err error) error {
	if err == nil {
		_, err = t.decode(e.Value, new(T))
	}
	if errors.Is(err, errOlder) {
		return nil
	}
	return err
}

// Examined is the number of rows of a partition, and those that cannot be used.
type Examined struct {
	Rows int
	Bad  []BadRow
	Err  error // why not all of them were read
}

// Examine reads the rows of a partition. unusable is as [Table.Unusable].
func Examine(ctx context.Context, l Ledger, partition string, unusable func(Entry, error) error) (found Examined) {
	for e, err := range l.List(ctx, partition) {
		if err != nil && !errors.Is(err, ErrBad) {
			found.Err = fmt.Errorf("list %s: %w", partition, err)
			return found
		}
		found.Rows++
		if why := unusable(e, err); why != nil {
			found.Bad = append(found.Bad, BadRow{Partition: partition, Row: e.Key.Row, Why: why.Error(), Stays: true})
		}
	}
	return found
}

// plain is the length in bytes up to which a row is stored uncompressed, so that
// people can read it.
const plain = 32 << 10

// maxText limits a decompressed text.
const maxText = 16 << 20

func pack(text []byte) ([]byte, error) {
	if len(text) <= plain {
		return text, nil
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if n := out.Len(); n > MaxValue {
		return nil, fmt.Errorf("%w: %d bytes are more than the %d of a row", ErrUnwritable, n, MaxValue)
	}
	return out.Bytes(), nil
}

func unpack(value []byte) ([]byte, error) {
	if !bytes.HasPrefix(value, []byte{0x1f, 0x8b}) { // the magic number of gzip
		return value, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(value))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxText))
}
