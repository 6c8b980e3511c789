package tables

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

// Azurite's account and its key, which are the same everywhere and public.
const (
	azuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	azuritePort    = "10002"
)

// service connects to the table service of an account, and names its host.
// Nothing is sent.
func (c Config) service() (*aztables.ServiceClient, string, error) {
	options := &aztables.ClientOptions{ClientOptions: azcore.ClientOptions{
		Retry:     policy.RetryOptions{MaxRetries: -1}, // see pace
		Telemetry: policy.TelemetryOptions{ApplicationID: "busbell"},
	}}
	if c.ConnectionString != "" {
		a, err := parse(string(c.ConnectionString))
		if err != nil {
			return nil, "", fmt.Errorf("connection string of the storage account: %w", err)
		}
		return a.service(options)
	}
	at, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || at.Host == "":
		return nil, "", errors.New("the endpoint of the table service is not a URL")
	case at.RawQuery != "" || at.User != nil:
		return nil, "", errors.New("the endpoint of the table service is more than an address; put a signature into a connection string")
	case c.Credential == nil:
		return nil, "", errors.New("an endpoint of the table service without a credential")
	}
	service, err := aztables.NewServiceClient(c.Endpoint, c.Credential, options)
	return service, at.Host, err
}

// An account is what a connection string says.
type account struct {
	endpoint  *url.URL
	name, key string
	signature string // a shared access signature, in place of the key
}

func (a account) service(options *aztables.ClientOptions) (*aztables.ServiceClient, string, error) {
	if a.key == "" {
		signed := *a.endpoint
		signed.RawQuery = a.signature
		service, err := aztables.NewServiceClientWithNoCredential(signed.String(), options)
		return service, a.endpoint.Host, err
	}
	credential, err := aztables.NewSharedKeyCredential(a.name, a.key)
	if err != nil {
		return nil, "", err
	}
	service, err := aztables.NewServiceClientWithSharedKey(a.endpoint.String(), credential, options)
	return service, a.endpoint.Host, err
}

// parse reads a connection string. No error repeats any of it.
func parse(s string) (account, error) {
	parts, err := pairs(s)
	if err != nil {
		return account{}, err
	}
	if strings.EqualFold(parts["usedevelopmentstorage"], "true") {
		return azurite(parts["developmentstorageproxyuri"])
	}
	a := account{name: parts["accountname"], key: parts["accountkey"], signature: strings.TrimPrefix(parts["sharedaccesssignature"], "?")}
	at := parts["tableendpoint"]
	switch {
	case a.name == "" && (a.key != "" || at == ""):
		return account{}, errors.New("AccountName is missing")
	case a.key == "" && a.signature == "":
		return account{}, errors.New("AccountKey or SharedAccessSignature is missing")
	case at == "":
		at = cmp.Or(parts["defaultendpointsprotocol"], "https") + "://" + a.name + ".table." + cmp.Or(parts["endpointsuffix"], "core.windows.net")
	}
	if _, err := base64.StdEncoding.DecodeString(a.key); err != nil {
		return account{}, errors.New("AccountKey is not a key: copy it again, to its last =")
	}
	a.endpoint, err = url.Parse(at)
	if err != nil || a.endpoint.Host == "" {
		return account{}, errors.New("TableEndpoint is not a URL")
	}
	a.endpoint.RawQuery = ""
	return a, nil
}

// azurite is the account on this machine, or on the host of the proxy.
func azurite(proxy string) (account, error) {
	at := &url.URL{Scheme: "http", Host: "127.0.0.1"}
	if proxy != "" {
		var err error
		if at, err = url.Parse(proxy); err != nil || at.Host == "" {
			return account{}, errors.New("DevelopmentStorageProxyUri is not a URL")
		}
	}
	endpoint := &url.URL{Scheme: at.Scheme, Host: net.JoinHostPort(at.Hostname(), azuritePort), Path: "/" + azuriteAccount}
	return account{endpoint: endpoint, name: azuriteAccount, key: azuriteKey}, nil
}

// pairs reads Name=value;Name=value. Names count in any case.
func pairs(s string) (map[string]string, error) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, errors.New("it is not a list of Name=value pairs")
		}
		parts[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return parts, nil
}
