package servicebus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	emulator "github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

var everything = servicebus.Wanted{Queues: true, Topics: func(string) bool { return true }}

func TestListerAsksTheNamespace(t *testing.T) {
	var queues []emulator.Queue
	for i := range 230 { // the namespace answers a hundred at a time
		queues = append(queues, emulator.Queue{Name: fmt.Sprintf("shop.%03d", i)})
	}
	s, err := emulator.Start(emulator.Config{
		Queues: append(queues, emulator.Queue{Name: "passed.on", ForwardTo: "shop.000"}),
		Topics: []emulator.Topic{
			{Name: "orders/placed", Subscriptions: []emulator.Queue{{Name: "invoicing"}, {Name: "busbell", ForwardTo: "shop.001"}}},
			{Name: "stock", Subscriptions: []emulator.Queue{{Name: "reports"}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l, err := servicebus.NewLister(servicebus.Config{ConnectionString: setting.Secret(s.ConnectionString())})
	if err != nil {
		t.Fatal(err)
	}
	all, gaps := l.List(t.Context(), everything)
	if gaps != nil {
		t.Fatal(gaps)
	}
	if len(all) != 234 {
		t.Errorf("%d entities, want 234", len(all))
	}
	for _, want := range []servicebus.Entity{
		{Queue: "shop.229"},
		{Queue: "passed.on", Forwards: true},
		{Topic: "orders/placed", Subscription: "invoicing"},
		{Topic: "orders/placed", Subscription: "busbell", Forwards: true},
		{Topic: "stock", Subscription: "reports"},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("no %+v", want)
		}
	}

	some, gaps := l.List(t.Context(), servicebus.Wanted{Topics: func(name string) bool { return name == "stock" }})
	if want := []servicebus.Entity{{Topic: "stock", Subscription: "reports"}}; gaps != nil || !slices.Equal(some, want) {
		t.Errorf("List = %+v, %v", some, gaps)
	}
}

func TestListerCounts(t *testing.T) {
	s, err := emulator.Start(emulator.Config{
		Queues: []emulator.Queue{{Name: "error"}},
		Topics: []emulator.Topic{{Name: "orders", Subscriptions: []emulator.Queue{{Name: "invoicing"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	sdk, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sdk.Close(context.Background()) })
	for to, n := range map[string]int{"error": 3, "orders": 2} {
		sender, err := sdk.NewSender(to, nil)
		if err != nil {
			t.Fatal(err)
		}
		send(t, sender, slices.Repeat([]*azservicebus.Message{{Body: []byte("x")}}, n)...)
	}
	receiver, err := sdk.NewReceiverForSubscription("orders", "invoicing", nil)
	if err != nil {
		t.Fatal(err)
	}
	one, err := receiver.ReceiveMessages(t.Context(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.DeadLetterMessage(t.Context(), one[0], nil); err != nil {
		t.Fatal(err)
	}

	l, err := servicebus.NewLister(servicebus.Config{ConnectionString: setting.Secret(s.ConnectionString())})
	if err != nil {
		t.Fatal(err)
	}
	want := everything
	want.Counts = true
	got, gaps := l.List(t.Context(), want)
	if gaps != nil {
		t.Fatal(gaps)
	}
	wanted := []servicebus.Entity{{Queue: "error", Active: 3}, {Topic: "orders", Subscription: "invoicing", Active: 1, DeadLettered: 1}}
	if !slices.Equal(got, wanted) {
		t.Errorf("List = %+v, want %+v", got, wanted)
	}
}

const namespaceID = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ServiceBus/namespaces/shop"

// A resourceManager answers paths below the namespace with what they hold.
type resourceManager struct {
	*httptest.Server
	answers map[string]string // by path and query below the namespace
	mu      sync.Mutex
	asked   []string
}

func newResourceManager(t *testing.T, answers map[string]string) *resourceManager {
	t.Helper()
	m := &resourceManager{answers: answers}
	m.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		below := strings.TrimPrefix(r.URL.RequestURI(), namespaceID)
		m.mu.Lock()
		m.asked = append(m.asked, below)
		m.mu.Unlock()
		answer, ok := m.answers[below]
		switch {
		case r.Header.Get("Authorization") != "Bearer token-of-the-identity":
			w.WriteHeader(http.StatusUnauthorized)
		case ok && strings.HasPrefix(answer, "!"):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, answer[1:])
		case ok:
			_, _ = fmt.Fprint(w, strings.ReplaceAll(answer, "BASE", "https://"+r.Host+namespaceID))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *resourceManager) lister(t *testing.T) *servicebus.Lister {
	t.Helper()
	l, err := servicebus.NewLister(servicebus.Config{
		Namespace: "shop.servicebus.windows.net", Credential: credential{},
		ResourceID: namespaceID, ManagerURL: m.URL, Transport: m.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token-of-the-identity", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestListerAsksTheResourceManager(t *testing.T) {
	m := newResourceManager(t, map[string]string{
		"/queues?api-version=2024-01-01": `{"value": [
			{"name": "error", "properties": {"countDetails": {"activeMessageCount": 12, "deadLetterMessageCount": 1, "transferDeadLetterMessageCount": 2}}},
			{"name": "shop~billing", "properties": {"forwardTo": "elsewhere"}}], "nextLink": "BASE/queues?api-version=2024-01-01&$skip=100"}`,
		"/queues?api-version=2024-01-01&$skip=100":                   `{"value": [{"name": "desk/incoming"}]}`,
		"/topics?api-version=2024-01-01":                             `{"value": [{"name": "shop~orders"}, {"name": "stock"}]}`,
		"/topics/shop~orders/subscriptions?api-version=2024-01-01":   `{"value": [{"name": "invoicing", "properties": {"countDetails": {"deadLetterMessageCount": 3}}}]}`,
		"/topics/stock/subscriptions?api-version=2024-01-01":         `!`,
		"/topics/shop~orders/subscriptions/x?api-version=2024-01-01": `{}`,
	})
	got, gaps := m.lister(t).List(t.Context(), servicebus.Wanted{Queues: true, Topics: func(name string) bool { return name == "shop/orders" }})
	if gaps != nil {
		t.Fatal(gaps)
	}
	want := []servicebus.Entity{
		{Queue: "error", Active: 12, DeadLettered: 1, TransferDeadLettered: 2},
		{Queue: "shop/billing", Forwards: true},
		{Queue: "desk/incoming"},
		{Topic: "shop/orders", Subscription: "invoicing", DeadLettered: 3},
	}
	if !slices.Equal(got, want) {
		t.Errorf("List = %+v, want %+v", got, want)
	}
	if len(m.asked) != 4 {
		t.Errorf("asked %d times, want 4: %q", len(m.asked), m.asked)
	}
}

func TestOnePartThatCannotBeListedHidesNoOther(t *testing.T) {
	forbidden := `!{"error": {"code": "AuthorizationFailed"}}`
	m := newResourceManager(t, map[string]string{
		"/queues?api-version=2024-01-01":                        `{"value": [{"name": "error"}], "nextLink": "BASE/queues?api-version=2024-01-01&$skip=100"}`,
		"/queues?api-version=2024-01-01&$skip=100":              forbidden,
		"/topics?api-version=2024-01-01":                        `{"value": [{"name": "orders"}, {"name": "gone"}, {"name": "stock"}, {"name": "payments"}]}`,
		"/topics/orders/subscriptions?api-version=2024-01-01":   `{"value": [{"name": "invoicing"}]}`,
		"/topics/stock/subscriptions?api-version=2024-01-01":    forbidden,
		"/topics/payments/subscriptions?api-version=2024-01-01": `{"value": [{"name": "ledger"}]}`,
	})
	got, gaps := m.lister(t).List(t.Context(), everything)
	want := []servicebus.Entity{{Topic: "orders", Subscription: "invoicing"}, {Topic: "payments", Subscription: "ledger"}}
	if !slices.Equal(got, want) {
		t.Errorf("List = %+v, want %+v", got, want)
	}
	if len(gaps) != 2 || gaps[0].Topic != "" || gaps[1].Topic != "stock" ||
		!errors.Is(gaps[0].Err, message.ErrForbidden) || !errors.Is(gaps[1].Err, message.ErrForbidden) {
		t.Errorf("gaps %+v, want the queues and stock", gaps)
	}

	delete(m.answers, "/topics?api-version=2024-01-01")
	m.answers["/queues?api-version=2024-01-01"] = `{"value": [{"name": "error"}]}`
	got, gaps = m.lister(t).List(t.Context(), everything)
	if want := []servicebus.Entity{{Queue: "error"}}; !slices.Equal(got, want) {
		t.Errorf("List = %+v, want %+v", got, want)
	}
	if len(gaps) != 1 || gaps[0].Topic != "*" {
		t.Errorf("gaps %+v, want every topic", gaps)
	}
}

// Nothing of an error is the token, and each names the right that is missing.
func TestListingErrorsSayWhatToDo(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `<Error><Code>401</Code><Detail>Manage,EntityRead claims required for this operation. TrackingId:8ba1</Detail></Error>`)
	}))
	t.Cleanup(refuses.Close)
	listenOnly, err := servicebus.NewLister(servicebus.Config{ConnectionString: setting.Secret(
		"Endpoint=sb://" + refuses.Listener.Addr().String() + ";SharedAccessKeyName=listen;SharedAccessKey=a2V5LXRoYXQtaXMtc2VjcmV0;UseDevelopmentEmulator=true")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		lister *servicebus.Lister
		kind   error
		says   []string
	}{
		{"no role", newResourceManager(t, map[string]string{"/queues?api-version=2024-01-01": `!{"error": {"code": "AuthorizationFailed", "message": "The client 'b1' does not have authorization"}}`}).lister(t), message.ErrForbidden, []string{`role "Reader" on the namespace shop`, "AuthorizationFailed", "name each queue"}},
		{"no such namespace", newResourceManager(t, nil).lister(t), message.ErrMissing, []string{"SERVICEBUS_RESOURCE_ID"}},
		{"the next page lies elsewhere", newResourceManager(t, map[string]string{"/queues?api-version=2024-01-01": `{"nextLink": "https://elsewhere.example/queues"}`}).lister(t), nil, []string{"lies elsewhere"}},
		{"a key without Manage", listenOnly, message.ErrForbidden, []string{"Manage right"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, gaps := tt.lister.List(t.Context(), everything)
			if len(gaps) == 0 || gaps[0].Topic != "" {
				t.Fatalf("gaps %+v, want one of the queues", gaps)
			}
			err := gaps[0].Err
			if err == nil || tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Fatalf("err = %v, want one that is %v", err, tt.kind)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if s := err.Error(); strings.ContainsAny(s, "\n") || strings.Contains(s, "token-of") || strings.Contains(s, "a2V5") || strings.Contains(s, "TrackingId") {
				t.Errorf("%q says too much", s)
			}
		})
	}
}
