package tables

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strings"
)

// Azurite's account and its public key, the same everywhere.
const (
	azuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	azuritePort    = "10002"
)

// An account is the address of a table service. Without a key and a signature it
// is used with an identity.
type account struct {
	endpoint  *url.URL
	name, key string
	signature string // a shared access signature, in place of the key
}

// parse parses a connection string. No error contains any of it.
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
		return account{}, errors.New("AccountKey is not a whole key")
	}
	a.endpoint, err = url.Parse(at)
	if err != nil || a.endpoint.Hostname() == "" || a.endpoint.Scheme != "https" && a.endpoint.Scheme != "http" {
		return account{}, errors.New("TableEndpoint is not a URL")
	}
	a.endpoint.RawQuery, a.endpoint.User = "", nil
	return a, nil
}

// azurite is the account on this machine, or on the host of the proxy.
func azurite(proxy string) (account, error) {
	at := &url.URL{Scheme: "http", Host: "127.0.0.1"}
	if proxy != "" {
		var err error
		if at, err = url.Parse(proxy); err != nil || at.Hostname() == "" {
			return account{}, errors.New("DevelopmentStorageProxyUri is not a URL")
		}
	}
	endpoint := &url.URL{Scheme: at.Scheme, Host: net.JoinHostPort(at.Hostname(), azuritePort), Path: "/" + azuriteAccount}
	return account{endpoint: endpoint, name: azuriteAccount, key: azuriteKey}, nil
}

// pairs parses Name=value;Name=value. Names are compared without case.
func pairs(s string) (map[string]string, error) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, errors.New("not a connection string of Name=value pairs")
		}
		parts[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return parts, nil
}
