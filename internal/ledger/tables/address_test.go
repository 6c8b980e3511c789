package tables

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/busbell/busbell/internal/ledger/ledgertest"
	"github.com/busbell/busbell/internal/setting"
)

const aKey = "c2VjcmV0LWtleS1uZXZlci1zaG93bg=="

func TestWhereAConnectionStringLeads(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
	}{
		{"from the portal", "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=" + aKey + ";EndpointSuffix=core.windows.net", "https://shop.table.core.windows.net"},
		{"the shortest", "AccountName=shop;AccountKey=" + aKey, "https://shop.table.core.windows.net"},
		{"another cloud", "AccountName=shop;AccountKey=" + aKey + ";EndpointSuffix=core.chinacloudapi.cn", "https://shop.table.core.chinacloudapi.cn"},
		{"names in any case, blanks", " accountname = shop ; ACCOUNTKEY = " + aKey + " ;; ", "https://shop.table.core.windows.net"},
		{"an endpoint", "AccountName=shop;AccountKey=" + aKey + ";TableEndpoint=https://tables.shop.example/;BlobEndpoint=https://x.example", "https://tables.shop.example/"},
		{"Azurite at length", "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" + azuriteKey + ";TableEndpoint=http://127.0.0.1:4711/devstoreaccount1;", "http://127.0.0.1:4711/devstoreaccount1"},
		{"Azurite", "UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1"},
		{"Azurite elsewhere", "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite", "http://azurite:10002/devstoreaccount1"},
		{"a signature", "TableEndpoint=https://shop.table.core.windows.net/;SharedAccessSignature=sv=2022-11-02&sig=x%3D", "https://shop.table.core.windows.net/"},
		{"a signature as it stands in a URL", "AccountName=shop;SharedAccessSignature=?sv=2022-11-02&sig=x%3D", "https://shop.table.core.windows.net"},
		{"a signature in the endpoint", "TableEndpoint=https://shop.table.core.windows.net/?sig=y;SharedAccessSignature=sig=x", "https://shop.table.core.windows.net/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{ConnectionString: setting.Secret(tt.text)}
			a, err := c.account()
			if err != nil || a.endpoint.String() != tt.want {
				t.Fatalf("leads to %v, %v; want %s", a.endpoint, err, tt.want)
			}
			if problems := c.Validate(); len(problems) != 0 {
				t.Errorf("problems: %v", problems)
			}
			if _, err := Open(c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsWrongWithAnAddressIsSaid(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Config
		want string
	}{
		{"nothing", Config{}, "Endpoint: not a URL"},
		{"some text", Config{ConnectionString: "never-shown"}, "ConnectionString: not a connection string of Name=value pairs"},
		{"no account", Config{ConnectionString: "AccountKey=" + aKey}, "ConnectionString: AccountName is missing"},
		{"no key", Config{ConnectionString: "AccountName=never-shown"}, "ConnectionString: AccountKey or SharedAccessSignature is missing"},
		{"half a key", Config{ConnectionString: "AccountName=shop;AccountKey=never-shown"}, "ConnectionString: AccountKey is not a whole key"},
		{"an endpoint that is none", Config{ConnectionString: "AccountName=shop;TableEndpoint=never-shown;AccountKey=" + aKey}, "ConnectionString: TableEndpoint is not a URL"},
		{"a proxy that is none", Config{ConnectionString: "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=:never-shown"}, "ConnectionString: DevelopmentStorageProxyUri is not a URL"},
		{"Service Bus", Config{ConnectionString: "Endpoint=sb://never-shown;SharedAccessKeyName=a;SharedAccessKey=" + aKey}, "ConnectionString: AccountName is missing"},
		{"no scheme", Config{Endpoint: "never-shown.example"}, "Endpoint: not a URL"},
		{"http", Config{Endpoint: "http://never-shown.example"}, "Endpoint: not an https URL"},
		{"a signature", Config{Endpoint: "https://shop.example/?sig=never-shown"}, "Endpoint: more than an address"},
		{"a password", Config{Endpoint: "https://never:shown@shop.example/"}, "Endpoint: more than an address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			problems := tt.c.Validate()
			if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), tt.want) || problems[0].Cure == "" {
				t.Fatalf("said %v, want %q", problems, tt.want)
			}
			_, err := Open(tt.c)
			if err == nil {
				t.Fatal("opened all the same")
			}
			for _, said := range []string{problems[0].String(), err.Error()} {
				if strings.Contains(said, "never") || strings.Contains(said, aKey) {
					t.Errorf("%q shows a value", said)
				}
			}
		})
	}
	if _, err := Open(Config{Endpoint: "https://shop.table.core.windows.net"}); err == nil || !strings.Contains(err.Error(), "no credential") {
		t.Errorf("without a credential: %v", err)
	}
}

// A signature goes out with each call, and into no error.
func TestASignatureIsUsedAndNeverSaid(t *testing.T) {
	const signature = "sv=2022-11-02&sig=never%2Bshown%3D"
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Query().Get("sig"))
		w.WriteHeader(http.StatusForbidden)
	}))
	l, err := Open(Config{ConnectionString: setting.Secret("TableEndpoint=" + server.URL + ";SharedAccessSignature=" + signature)})
	if err != nil {
		t.Fatal(err)
	}
	l.point, l.query = quick, quick
	try := func() {
		t.Helper()
		_, err := l.Get(t.Context(), entry("").Key)
		if err == nil || strings.Contains(err.Error(), "never") || strings.Contains(err.Error(), "sig") {
			t.Errorf("%v", err)
		}
	}
	try()
	if len(seen) != 1 || seen[0] != "never+shown=" {
		t.Errorf("seen %q", seen)
	}
	server.Close()
	try() // now it is the network's error, which holds the URL
}

// An identity signs in; where it cannot, one try is enough, and the error
// says why.
func TestWhoCannotSignInIsToldOnce(t *testing.T) {
	s := &signIn{}
	l, err := Open(Config{Endpoint: "https://shop.table.core.windows.net", Credential: s, transport: ledgertest.Direct{Service: new(standIn)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Insert(t.Context(), entry("one"))
	if err == nil || !strings.HasSuffix(err.Error(), "in table busbell at shop.table.core.windows.net: nobody is signed in") || s.times != 1 {
		t.Errorf("%v, after %d tries", err, s.times)
	}
}

type signIn struct{ times int }

func (s *signIn) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	s.times++
	return azcore.AccessToken{}, finalError{errors.New("nobody is signed in\nGET https://login.example/?secret=never-shown")}
}

type finalError struct{ error }

func (finalError) NonRetriable() {}

func FuzzAConnectionStringIsNeverRepeated(f *testing.F) {
	f.Add("AccountName=shop;AccountKey=" + aKey)
	f.Add("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://[::1]:%")
	f.Add("TableEndpoint=https://a b/;SharedAccessSignature=?sig=%zz")
	f.Fuzz(func(t *testing.T, text string) {
		c := Config{ConnectionString: setting.Secret(text)}
		_, err := Open(c)
		if err == nil {
			return
		}
		for part := range strings.SplitSeq(text, ";") {
			if _, value, ok := strings.Cut(part, "="); ok && len(value) > 20 && strings.Contains(err.Error(), value) {
				t.Errorf("%q holds %q", err, value)
			}
		}
	})
}
