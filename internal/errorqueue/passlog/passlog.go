// Package passlog stores data of a pass for the next one: its end, its number, and
// the progress of each source. All of it is in one partition, which
// each pass reads as a whole.
package passlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/parallel"
	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/ledger"
)

// A Log is the rows of one environment. All fields but Writers must be set.
type Log struct {
	Ledger      ledger.Ledger
	Environment string
	Log         *slog.Logger
	Now         func() time.Time
	Writers     int // rows written concurrently; 0 means 16
}

// rows are the rows of one kind.
func rows[T any](l Log) ledger.Table[T] {
	return ledger.Table[T]{Ledger: l.Ledger, Log: l.Log, Environment: l.Environment, Name: ledger.Passes, Shape: 1}
}

// An Earlier holds the data of earlier passes.
type Earlier struct {
	Last     History
	Progress map[string]ledger.Row[scan.Progress] // by the broker's path of the source
	BadRows  []ledger.Row[ledger.BadRow]          // copies of unusable rows, of any partition
}

// Load reads the data of earlier passes.
func (l Log) Load(ctx context.Context) (Earlier, error) {
	all := Earlier{Last: History{row: ledger.Ref{Key: lastPass}}, Progress: map[string]ledger.Row[scan.Progress]{}}
	for e, err := range l.Ledger.List(ctx, rows[History](l).Partition()) {
		switch {
		case err != nil && !errors.Is(err, ledger.ErrBad):
			return all, fmt.Errorf("list rows of sources: %w", err)
		case e.Key.Row == lastPass:
			err = readRow(ctx, l, e, err, func(r ledger.Row[History]) { all.Last = historyFrom(r, l.Now()) })
		case strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix):
			err = readRow(ctx, l, e, err, func(r ledger.Row[ledger.BadRow]) {
				if r.Value.Partition != "" { // otherwise the copy itself was unusable
					all.BadRows = append(all.BadRows, r)
				}
			})
		default:
			err = readRow(ctx, l, e, err, func(r ledger.Row[scan.Progress]) { all.Progress[e.Key.Row] = r })
		}
		if err != nil {
			l.Log.WarnContext(ctx, "row skipped", "row", e.Key.Row, "err", err)
		}
	}
	return all, nil
}

// Examine finds unusable rows, and copies of such rows, in the partition that each
// pass reads. It is read-only.
func Examine(ctx context.Context, of ledger.Ledger, environment string) ledger.Examined {
	l := Log{Ledger: of, Environment: environment}
	return ledger.Examine(ctx, of, rows[History](l).Partition(), func(e ledger.Entry, err error) error {
		switch {
		case e.Key.Row == lastPass:
			return rows[History](l).Unusable(e, err)
		case strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix):
			if err := rows[ledger.BadRow](l).Unusable(e, err); err != nil {
				return err
			}
			kept, err := rows[ledger.BadRow](l).Read(ctx, e, nil)
			if err != nil || kept.Value.Partition == "" {
				return err
			}
			return fmt.Errorf("it keeps %s of %s: %s", kept.Value.Row, kept.Value.Partition, kept.Value.Why)
		}
		return rows[scan.Progress](l).Unusable(e, err)
	})
}

func readRow[T any](ctx context.Context, l Log, e ledger.Entry, err error, to func(ledger.Row[T])) error {
	r, err := rows[T](l).Read(ctx, e, err)
	if err == nil {
		to(r)
	}
	return err
}

// SaveProgress writes the changed progress of sources. Call it after the decisions
// are committed: after an earlier crash, the next pass then reads the same messages
// again and makes the same decisions.
func (l Log) SaveProgress(ctx context.Context, of []ledger.Row[scan.Progress]) error {
	return parallel.Each(cmp.Or(l.Writers, 16), len(of), func(n int) error {
		err := l.saveProgress(ctx, of[n])
		switch {
		case ledger.Conflict(err):
			l.Log.InfoContext(ctx, "source row changed concurrently", "source", of[n].Key)
		case err != nil:
			return fmt.Errorf("save source row %s: %w", of[n].Key, err)
		}
		return nil
	})
}

// saveProgress writes how far one source was read. If that cannot be written at
// all, the source is read from its beginning again.
func (l Log) saveProgress(ctx context.Context, row ledger.Row[scan.Progress]) error {
	err := l.saveChanged(ctx, row)
	if errors.Is(err, ledger.ErrUnwritable) {
		l.Log.ErrorContext(ctx, "source row cannot be written: the source is read from its beginning again", "source", row.Key, "err", err)
		row.Value = scan.Progress{}
		err = l.saveChanged(ctx, row)
	}
	return err
}

func (l Log) saveChanged(ctx context.Context, row ledger.Row[scan.Progress]) error {
	changed, err := rows[scan.Progress](l).Changed(row) // the zero progress needs no row
	if changed {
		_, err = rows[scan.Progress](l).Save(ctx, row)
	}
	return err
}
