package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

// Bus says which Service Bus namespace, and as whom: by ConnectionString or,
// where that is empty, by Namespace and Identity.
type Bus struct {
	ConnectionString setting.Secret
	Namespace        string // "shop.servicebus.windows.net"
	Identity         Identity
}

// An Identity says as whom to sign in to Azure: as the app's managed identity,
// that of ClientID if it is given, or by whatever the machine offers.
type Identity struct {
	Managed  bool
	ClientID string
}

// Host is the address of the namespace, however the settings say it.
func (b Bus) Host() string {
	if b.ConnectionString == "" {
		return strings.ToLower(b.Namespace)
	}
	parts, _ := pairs(string(b.ConnectionString))
	u, err := url.Parse(parts["endpoint"])
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

const busCure = "set ServiceBus to a connection string, or ServiceBus__fullyQualifiedNamespace to the namespace's address"

func (e *environ) bus() Bus {
	known := len(e.problems)
	b := Bus{
		ConnectionString: e.secret("ServiceBus"),
		Namespace:        e.text("ServiceBus__fullyQualifiedNamespace"),
		Identity:         e.identity("ServiceBus"),
	}
	switch {
	case b.ConnectionString != "":
		if b.Namespace != "" {
			e.warn("ServiceBus", "both a connection string and ServiceBus__fullyQualifiedNamespace are set", "unset one; the connection string is used")
		}
		if what, cure := badBusConnection(string(b.ConnectionString)); what != "" {
			e.wrong("ServiceBus", what, cure)
		}
	case b.Namespace != "":
		e.namespace(b.Namespace)
	case len(e.problems) == known:
		e.wrong("ServiceBus", "missing", busCure)
	}
	return b
}

// identity reads how to sign in for a connection of that name.
func (e *environ) identity(name string) Identity {
	credential, client := e.text(name+"__credential"), e.text(name+"__clientId")
	switch {
	case credential != "" && !strings.EqualFold(credential, "managedidentity"):
		e.wrong(name+"__credential", fmt.Sprintf("%.40q is not known", credential), "set it to managedidentity, or leave it unset")
	case client != "" && credential == "":
		e.warn(name+"__clientId", "not used without "+name+"__credential", "set that to managedidentity")
	}
	return Identity{Managed: strings.EqualFold(credential, "managedidentity"), ClientID: client}
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

func (e *environ) namespace(value string) {
	if hostName.MatchString(value) {
		return
	}
	const name = "ServiceBus__fullyQualifiedNamespace"
	if _, rest, ok := strings.Cut(value, "://"); ok {
		value = rest
	}
	value, _, _ = strings.Cut(value, "/")
	value, _, _ = strings.Cut(value, ":")
	switch {
	case hostName.MatchString(value):
		e.wrong(name, "more than the namespace's host name", "set it to "+value)
	default:
		e.wrong(name, "not the host name of a namespace", "set it to one like shop.servicebus.windows.net")
	}
}

// badBusConnection says what is wrong with a connection string, and nothing
// of what it says.
func badBusConnection(s string) (what, cure string) {
	const copied = "copy the connection string of a shared access policy of the namespace"
	if strings.HasPrefix(s, `"`) || strings.HasPrefix(s, "'") {
		return "the connection string stands in quotes", "leave them out"
	}
	parts, what := pairs(s)
	endpoint := parts["endpoint"]
	u, err := url.Parse(endpoint)
	switch {
	case what != "":
		return what, copied
	case endpoint == "":
		return "the connection string has no Endpoint", copied
	case err != nil || u.Scheme != "sb" || u.Hostname() == "":
		return "its Endpoint is not an address that begins with sb://", copied
	case parts["entitypath"] != "":
		return "the connection string is for one entity (EntityPath)", copied
	case parts["sharedaccesssignature"] != "":
		return "", ""
	case parts["sharedaccesskeyname"] == "" || parts["sharedaccesskey"] == "":
		return "the connection string has no SharedAccessKeyName with SharedAccessKey, and no SharedAccessSignature", copied
	case strings.EqualFold(parts["usedevelopmentemulator"], "true") && !setting.Local(u.Hostname()) && strings.HasSuffix(u.Hostname(), ".windows.net"):
		return "UseDevelopmentEmulator=true is for an emulator, and the Endpoint is in Azure", "leave it out"
	}
	return "", ""
}

// pairs reads "Name=value;…", names in lower case.
func pairs(s string) (parts map[string]string, wrong string) {
	parts = map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return parts, "not a connection string of Name=value pairs"
		}
		parts[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return parts, ""
}

// webAddress says what is wrong with an https URL, and nothing of what it
// says. http is for this machine only.
func webAddress(s string) (wrong string) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "not a URL"
	case u.Scheme == "http" && setting.Local(u.Hostname()), u.Scheme == "https":
		return ""
	}
	return "not an https URL"
}

// Connect opens a client for the namespace. It does not reach out.
func (b Bus) Connect() (*servicebus.Client, error) {
	cfg := servicebus.Config{ConnectionString: b.ConnectionString, Namespace: b.Namespace}
	if cfg.ConnectionString == "" {
		credential, err := b.Identity.credential()
		if err != nil {
			return nil, fmt.Errorf("sign in to Service Bus: %w", err)
		}
		cfg.Credential = credential
	}
	return servicebus.New(cfg)
}

// credential signs in as the managed identity where the settings say so,
// otherwise as whatever the machine offers.
func (i Identity) credential() (azcore.TokenCredential, error) {
	if !i.Managed {
		return azidentity.NewDefaultAzureCredential(nil)
	}
	var options azidentity.ManagedIdentityCredentialOptions
	if i.ClientID != "" {
		options.ID = azidentity.ClientID(i.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(&options)
}
