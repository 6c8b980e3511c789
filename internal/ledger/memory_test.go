package ledger_test

import (
	"testing"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledger.Ledger { return new(ledger.Memory) })
}
