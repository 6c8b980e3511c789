package tables

import (
	"errors"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"github.com/busbell/busbell/internal/setting"
)

// Config says where the table is and who may use it: a ConnectionString, or
// an Endpoint with a Credential.
type Config struct {
	// ConnectionString is a storage account's, with its key or a shared
	// access signature. UseDevelopmentStorage=true is Azurite.
	ConnectionString setting.Secret

	// Endpoint is the account's table service, an https URL. Azurite's, which
	// is http, needs no Credential.
	Endpoint   string
	Credential azcore.TokenCredential

	Table string // "" means busbell

	transport policy.Transporter // nil means the SDK's; tests set one for synthetic time
}

// Validate reports the problems of the Config, under the names of its fields. No
// problem contains any part of a connection string.
func (c Config) Validate() []setting.Problem {
	_, err := c.account()
	switch {
	case err == nil:
		return nil
	case c.ConnectionString != "":
		return []setting.Problem{{
			Path: "ConnectionString", What: err.Error(),
			Cure: "copy the connection string from the account's access keys; UseDevelopmentStorage=true is Azurite on this machine",
		}}
	}
	return []setting.Problem{{
		Path: "Endpoint", What: err.Error(), Cure: "set it to a URL like https://shop.table.core.windows.net",
	}}
}

// service returns the client of a table service and the name of its host. It
// sends nothing.
func (c Config) service() (*aztables.ServiceClient, string, error) {
	a, err := c.account()
	if err != nil {
		return nil, "", err
	}
	options := &aztables.ClientOptions{ClientOptions: azcore.ClientOptions{
		Retry:     policy.RetryOptions{MaxRetries: -1}, // see pace
		Telemetry: policy.TelemetryOptions{ApplicationID: "busbell"},
		Transport: c.transport,
	}}
	var service *aztables.ServiceClient
	switch {
	case a.key != "":
		var credential *aztables.SharedKeyCredential
		if credential, err = aztables.NewSharedKeyCredential(a.name, a.key); err == nil {
			service, err = aztables.NewServiceClientWithSharedKey(a.endpoint.String(), credential, options)
		}
	case a.signature != "":
		signed := *a.endpoint
		signed.RawQuery = a.signature
		service, err = aztables.NewServiceClientWithNoCredential(signed.String(), options)
	case c.Credential == nil:
		err = errors.New("there is an endpoint of the table service, and no credential")
	default:
		service, err = aztables.NewServiceClient(a.endpoint.String(), c.Credential, options)
	}
	return service, a.endpoint.Host, err
}

// account is the address and the key that the Config has.
func (c Config) account() (account, error) {
	if c.ConnectionString != "" {
		return parse(string(c.ConnectionString))
	}
	at, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || at.Hostname() == "":
		return account{}, errors.New("not a URL")
	case at.RawQuery != "" || at.Fragment != "" || at.User != nil:
		return account{}, errors.New("more than an address: a signature belongs into a connection string")
	case at.Scheme == "https":
		return account{endpoint: at}, nil
	case at.Scheme == "http" && strings.Trim(at.Path, "/") == azuriteAccount:
		return account{endpoint: at, name: azuriteAccount, key: azuriteKey}, nil
	}
	return account{}, errors.New("not an https URL, and not Azurite's, which ends in /" + azuriteAccount)
}
