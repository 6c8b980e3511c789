package app

import (
	"strings"

	"github.com/busbell/busbell/internal/setting"
)

// Storage says where the ledger is kept: by ConnectionString or, where that
// is empty, at Tables (and Blobs for archives) as Identity. Without any of
// these it is in memory.
type Storage struct {
	ConnectionString setting.Secret
	Tables, Blobs    string // https URLs
	Identity         Identity
}

const (
	storageName = "AzureWebJobsStorage"
	stateName   = "STATE_TABLE_ENDPOINT"
	memoryOnly  = "the ledger is in memory in this version: what was told is forgotten at a restart, and told again"
)

func (e *environ) storage(inAzure bool) Storage {
	known := len(e.problems)
	s := Storage{
		ConnectionString: e.secret(storageName),
		Tables:           e.storageURL(storageName + "__tableServiceUri"),
		Blobs:            e.storageURL(storageName + "__blobServiceUri"),
		Identity:         e.identity(storageName),
	}
	if s.ConnectionString != "" && !storageConnection(string(s.ConnectionString)) {
		e.wrong(storageName, "not the connection string of a storage account", "copy it from the account's access keys; UseDevelopmentStorage=true is Azurite on this machine")
	}
	state := e.text(stateName)
	switch {
	case state == "memory:" && inAzure:
		e.wrong(stateName, "memory: is not for Azure: instances come and go, and each would tell everything again", "leave it unset, or set it to an https URL of a table service")
	case state == "memory:":
		return Storage{}
	case state != "":
		if what := webAddress(state); what != "" {
			e.wrong(stateName, what, "set it to an https URL of a table service, or to memory:")
		}
		s.ConnectionString, s.Tables = "", state
	}
	switch {
	case len(e.problems) > known:
	case s.ConnectionString != "" || s.Tables != "":
		e.warn(e.storageSetting(state), memoryOnly, "")
	case inAzure:
		e.wrong(storageName, "no storage for the ledger", "set AzureWebJobsStorage, AzureWebJobsStorage__tableServiceUri or STATE_TABLE_ENDPOINT")
	default:
		e.warn(storageName, "no storage for the ledger: it is in memory, and forgotten at a restart", "set AzureWebJobsStorage to keep it, or STATE_TABLE_ENDPOINT to memory: to say that this is meant")
	}
	return s
}

// storageSetting is the setting that says where the ledger is.
func (e *environ) storageSetting(state string) string {
	switch {
	case state != "":
		return stateName
	case e.getenv(storageName) != "":
		return storageName
	}
	return storageName + "__tableServiceUri"
}

func (e *environ) storageURL(name string) string {
	value := e.text(name)
	if value == "" {
		return ""
	}
	if what := webAddress(value); what != "" {
		e.wrong(name, what, "set it to a URL like https://shop.table.core.windows.net")
	}
	return value
}

// storageConnection reports whether a text is the connection string of a
// storage account.
func storageConnection(s string) bool {
	parts, wrong := pairs(s)
	account := parts["accountname"] != "" && parts["accountkey"] != ""
	shared := parts["sharedaccesssignature"] != "" && (parts["tableendpoint"] != "" || parts["accountname"] != "")
	return wrong == "" && (strings.EqualFold(parts["usedevelopmentstorage"], "true") || account || shared)
}
