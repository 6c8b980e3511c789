package ledgertest

import (
	"os"
	"strings"
	"testing"
)

// Azurite is the address of the table service that the variable
// BUSBELL_AZURITE names, http://127.0.0.1:10002/devstoreaccount1. Without it
// the test is skipped. All tests share it, those of other packages too: each
// needs a table or an environment of its own.
func Azurite(t testing.TB) string {
	t.Helper()
	address := strings.TrimSuffix(os.Getenv("BUSBELL_AZURITE"), "/")
	if address == "" {
		t.Skip("needs Azurite: run .ci/azurite go test ./..., or set BUSBELL_AZURITE to its address")
	}
	return address
}
