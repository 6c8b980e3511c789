package ledger

import (
	"context"
	"errors"
)

// ReadOnly is a ledger that refuses every write.
type ReadOnly struct{ Ledger }

var errReadOnly = errors.New("this ledger is read-only")

// Insert refuses.
func (ReadOnly) Insert(context.Context, Entry) (Entry, error) { return Entry{}, errReadOnly }

// Update refuses.
func (ReadOnly) Update(context.Context, Entry) (Entry, error) { return Entry{}, errReadOnly }

// Delete refuses.
func (ReadOnly) Delete(context.Context, Entry) error { return errReadOnly }
