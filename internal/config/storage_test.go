package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/ledger/tables"
)

const account = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=bmV2ZXItc2hvd24=;EndpointSuffix=core.windows.net"

// Where the ledger is, and what is said of it: "" is nothing, "!" begins what
// is wrong, "~" what is only worth saying.
func TestTheSettingsSayWhereTheLedgerIs(t *testing.T) {
	const (
		memory = "memory"
		none   = ""
	)
	for _, tt := range []struct {
		name    string
		azure   bool
		set     []string
		where   string
		said    string
		without string // what the line must not hold
	}{
		{"nothing", false, nil, memory, "~AzureWebJobsStorage: no storage for the ledger: it is in memory", ""},
		{"nothing", true, nil, none, "!AzureWebJobsStorage: no storage for the ledger", ""},
		{"memory", false, []string{"STATE_TABLE_ENDPOINT=memory:"}, memory, "", ""},
		{"memory", true, []string{"STATE_TABLE_ENDPOINT=memory:", "AzureWebJobsStorage=" + account}, none, "!STATE_TABLE_ENDPOINT: memory: is not for Azure", ""},
		{"memory beside an account", false, []string{"STATE_TABLE_ENDPOINT=memory:", "AzureWebJobsStorage=" + account}, memory, "", ""},
		{"an account", true, []string{"AzureWebJobsStorage=" + account}, "shop.table.core.windows.net", "", ""},
		{"Azurite", false, []string{"AzureWebJobsStorage=UseDevelopmentStorage=true"}, "127.0.0.1:10002", "", ""},
		{"an identity", true, []string{
			"AzureWebJobsStorage__tableServiceUri=https://shop.table.core.windows.net/", "AzureWebJobsStorage__credential=managedidentity",
			"AzureWebJobsStorage__clientId=11111111-1111-1111-1111-111111111111",
		}, "shop.table.core.windows.net", "", ""},
		{"elsewhere", true, []string{"STATE_TABLE_ENDPOINT=https://state.table.core.windows.net", "AzureWebJobsStorage=" + account}, "state.table.core.windows.net", "", ""},
		{"elsewhere, Azurite", false, []string{"STATE_TABLE_ENDPOINT=http://127.0.0.1:4711/devstoreaccount1"}, "127.0.0.1:4711", "", ""},
		{"both ways", true, []string{"AzureWebJobsStorage=" + account, "AzureWebJobsStorage__tableServiceUri=https://x.example"}, "shop.table.core.windows.net", "~AzureWebJobsStorage: both a connection string and", ""},
		{"an account that is wrong and not used", false, []string{"STATE_TABLE_ENDPOINT=memory:", "AzureWebJobsStorage=never-shown"}, memory, "!AzureWebJobsStorage: not a connection string", "never"},
		{"half a string", true, []string{"AzureWebJobsStorage=AccountName=never-shown"}, none, "!AzureWebJobsStorage: AccountKey or SharedAccessSignature is missing; copy", "never"},
		{"no URL", true, []string{"STATE_TABLE_ENDPOINT=never-shown"}, none, "!STATE_TABLE_ENDPOINT: not a URL; set it", "never"},
		{"http", false, []string{"AzureWebJobsStorage__tableServiceUri=http://never-shown.example"}, none, "!AzureWebJobsStorage__tableServiceUri: not an https URL", "never"},
		{"only the account's name", true, []string{"AzureWebJobsStorage__accountName=shop"}, none, "!AzureWebJobsStorage: no storage for the ledger; AzureWebJobsStorage__accountName alone says too little", ""},
		{"only blobs", true, []string{"AzureWebJobsStorage__blobServiceUri=https://shop.blob.core.windows.net"}, none, "!AzureWebJobsStorage: no storage for the ledger", ""},
		{"a vault that says no", true, []string{"AzureWebJobsStorage=@Microsoft.KeyVault(SecretUri=https://never-shown.example/)"}, none, "!AzureWebJobsStorage: the Key Vault reference", "never"},
		{"another credential", true, []string{"AzureWebJobsStorage__tableServiceUri=https://shop.table.core.windows.net", "AzureWebJobsStorage__credential=me"}, "shop.table.core.windows.net", `!AzureWebJobsStorage__credential: "me" is not known`, ""},
	} {
		t.Run(fmt.Sprintf("%s, in Azure %t", tt.name, tt.azure), func(t *testing.T) {
			e := &environ{getenv: func(name string) string {
				for _, s := range tt.set {
					if value, ok := strings.CutPrefix(s, name+"="); ok {
						return value
					}
				}
				return ""
			}}
			s := e.storage(tt.azure)
			var said string
			for _, p := range e.problems {
				said += map[bool]string{true: "~", false: "!"}[p.Warning] + p.String()
			}
			if !strings.HasPrefix(said, tt.said) || (said == "") != (tt.said == "") || len(e.problems) > 1 {
				t.Errorf("said %q, want %q", said, tt.said)
			}
			if tt.without != "" && strings.Contains(said, tt.without) {
				t.Errorf("%q shows a value", said)
			}
			l, err := s.Ledger()
			if (tt.where == none) != (err != nil) {
				t.Fatalf("opens with %v", err)
			}
			at := memory
			if table, ok := l.(*tables.Ledger); ok {
				at = table.String()
			}
			if err == nil && !strings.HasSuffix(at, tt.where) {
				t.Errorf("the ledger is in %s, want %s", at, tt.where)
			}
		})
	}
}
