package config

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/tables"
	"github.com/busbell/busbell/internal/setting"
)

// Storage is the storage account: by ConnectionString or, where that is
// empty, at Tables for the ledger and at Blobs for archives, as Identity.
type Storage struct {
	ConnectionString setting.Secret
	Tables, Blobs    string // https URLs
	Identity         Identity

	// State is the address of a table service that has the ledger in the
	// account's stead; "": none has.
	State string

	// InMemory: the ledger lives as long as the process, and this is meant,
	// or at least allowed.
	InMemory bool
}

// The settings that say where the ledger is, for those who name them in a cure.
const (
	StorageName = "AzureWebJobsStorage"
	tablesName  = StorageName + "__tableServiceUri"
	StateName   = "STATE_TABLE_ENDPOINT"
)

// Ledger opens the ledger, without reaching out. Both programs have the same
// one.
func (s Storage) Ledger() (ledger.Ledger, error) {
	if s.InMemory {
		return new(ledger.Memory), nil
	}
	c := tables.Config{Endpoint: cmp.Or(s.State, s.Tables)}
	if s.State == "" && s.ConnectionString != "" {
		c = tables.Config{ConnectionString: s.ConnectionString}
	} else {
		credential, err := s.Identity.credential()
		if err != nil {
			return nil, fmt.Errorf("sign in to the ledger's storage account: %w", err)
		}
		c.Credential = credential
	}
	l, err := tables.Open(c)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (e *environ) storage(inAzure bool) Storage {
	known := len(e.problems)
	s := Storage{
		ConnectionString: e.secret(StorageName),
		Tables:           e.text(tablesName),
		Blobs:            e.storageURL(StorageName + "__blobServiceUri"),
		Identity:         e.identity(StorageName),
		State:            e.text(StateName),
	}
	e.tables(StorageName, tables.Config{ConnectionString: s.ConnectionString})
	e.tables(tablesName, tables.Config{Endpoint: s.Tables})
	if s.State != "memory:" {
		e.tables(StateName, tables.Config{Endpoint: s.State})
	}
	if s.ConnectionString != "" && s.Tables != "" {
		e.warn(StorageName, "both a connection string and "+tablesName+" are set", "unset one; the connection string is used")
	}
	broken := slices.ContainsFunc(e.problems[known:], func(p setting.Problem) bool { return !p.Warning })
	switch {
	case s.State == "memory:" && inAzure:
		e.wrong(StateName, "memory: is not for Azure: instances come and go, and each would tell everything again", "leave it unset, or set it to an https URL of a table service")
	case s.State == "memory:":
		s.State, s.InMemory = "", true
	case s.State != "" || s.ConnectionString != "" || s.Tables != "":
	case broken: // what could not be read is not missing
	case inAzure:
		e.wrong(StorageName, "no storage for the ledger", e.storageCure("set AzureWebJobsStorage, "+tablesName+" or "+StateName))
	default:
		s.InMemory = true
		e.warn(StorageName, "no storage for the ledger: it is in memory, and forgotten at a restart",
			e.storageCure("set AzureWebJobsStorage to keep it, or "+StateName+" to memory: to say that this is meant"))
	}
	return s
}

// tables checks an address of the ledger, where a setting has one: one that
// is wrong is said, also if another is used.
func (e *environ) tables(name string, c tables.Config) {
	if c == (tables.Config{}) {
		return
	}
	for _, p := range c.Validate() {
		e.wrong(name, p.What, p.Cure)
	}
}

// storageCure knows the one way to name an account that the host understands
// and we do not: it says nothing of the cloud that the account is in.
func (e *environ) storageCure(cure string) string {
	const name = StorageName + "__accountName"
	if account := e.text(name); account != "" {
		return name + " alone says too little: set " + tablesName + " to a URL like https://shop.table.core.windows.net"
	}
	return cure
}

func (e *environ) storageURL(name string) string {
	value := e.text(name)
	if value == "" {
		return ""
	}
	if what := webAddress(value); what != "" {
		e.wrong(name, what, "set it to a URL like https://shop.blob.core.windows.net")
	}
	return value
}
