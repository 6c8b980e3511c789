package tables

import (
	"fmt"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// What an operation costs on Azurite, beside the same one on the bare SDK.
func BenchmarkLedger(b *testing.B) {
	at := ledgertest.Azurite(b)
	ctx := b.Context()
	fresh := func(b *testing.B) *Ledger {
		l, err := Open(Config{Endpoint: at, Table: newTable()})
		if err != nil {
			b.Fatal(err)
		}
		if err := l.create(ctx, time.Minute); err != nil {
			b.Fatal(err)
		}
		return l
	}
	numbered := func(i int) ledger.Entry {
		e := entry(fmt.Sprintf("%0500d", i))
		e.Key.Row, e.Due = fmt.Sprint(i), time.Date(2026, 4, 17, 8, 0, i, 0, time.UTC)
		return e
	}
	b.Run("insert", func(b *testing.B) {
		l := fresh(b)
		for i := 0; b.Loop(); i++ {
			if _, err := l.Insert(ctx, numbered(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("insert, bare", func(b *testing.B) {
		l := fresh(b)
		for i := 0; b.Loop(); i++ {
			row, err := encode(numbered(i))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := l.table.AddEntity(ctx, row, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get and update", func(b *testing.B) {
		l := fresh(b)
		e, err := l.Insert(ctx, numbered(0))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if e, err = l.Get(ctx, e.Key); err != nil {
				b.Fatal(err)
			}
			if _, err := l.Update(ctx, e); err != nil {
				b.Fatal(err)
			}
		}
	})
	l := fresh(b)
	for i := range 1000 {
		if _, err := l.Insert(ctx, numbered(i)); err != nil {
			b.Fatal(err)
		}
	}
	for name, before := range map[string]time.Time{"none of 1000 due": numbered(0).Due.Add(-time.Hour), "1000 due": numbered(1000).Due} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, err := range l.Due(ctx, "test/things", before) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
