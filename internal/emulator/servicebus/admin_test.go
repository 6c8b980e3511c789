package servicebus

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"

	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// plain is a transport that speaks HTTP where the client wants HTTPS.
type plain struct{ client http.Client }

func (p *plain) Do(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme = "http"
	return p.client.Do(r)
}

func administer(t *testing.T, connection string) *admin.Client {
	t.Helper()
	p := &plain{client: http.Client{Transport: &http.Transport{}}}
	t.Cleanup(p.client.CloseIdleConnections)
	c, err := admin.NewClientFromConnectionString(connection, &admin.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: p, Retry: policy.RetryOptions{MaxRetries: -1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eachAddress runs a test against both addresses that serve administration.
func eachAddress(t *testing.T, cfg Config, f func(t *testing.T, s *Server, a *admin.Client)) {
	for _, separate := range []bool{false, true} {
		t.Run(map[bool]string{false: "shared port", true: "own port"}[separate], func(t *testing.T) {
			s := start(t, cfg)
			connection := s.ConnectionString()
			if separate {
				connection = strings.Replace(connection, s.Addr(), s.AdminAddr(), 1)
			}
			f(t, s, administer(t, connection))
		})
	}
}

func TestEntitiesAreMadeReadChangedAndDeleted(t *testing.T) {
	eachAddress(t, Config{}, func(t *testing.T, s *Server, a *admin.Client) {
		ctx := soon(t)
		lock, deliveries, meta, target := "PT2M", int32(100), "a < b", "sb://"+s.Addr()+"/error"
		if _, err := a.CreateQueue(ctx, "error", nil); err != nil {
			t.Fatal(err)
		}
		made, err := a.CreateQueue(ctx, "Shop.Billing", &admin.CreateQueueOptions{Properties: &admin.QueueProperties{
			LockDuration: &lock, MaxDeliveryCount: &deliveries, UserMetadata: &meta, ForwardDeadLetteredMessagesTo: &target,
		}})
		if err != nil || *made.LockDuration != lock || *made.UserMetadata != meta || *made.DefaultMessageTimeToLive != atom.ForEver {
			t.Fatalf("created %+v, %v", made, err)
		}
		if _, err := a.CreateQueue(ctx, "shop.billing", nil); httpStatus(err) != http.StatusConflict {
			t.Errorf("created twice: %v", err)
		}
		got, err := a.GetQueue(ctx, "SHOP.billing", nil)
		if err != nil || got == nil || *got.MaxDeliveryCount != 100 || *got.ForwardDeadLetteredMessagesTo != "error" {
			t.Fatalf("got %+v, %v", got, err)
		}
		*got.MaxDeliveryCount = 7
		if u, err := a.UpdateQueue(ctx, "shop.billing", got.QueueProperties, nil); err != nil || *u.MaxDeliveryCount != 7 || *u.LockDuration != lock {
			t.Errorf("updated %+v, %v", u, err)
		}
		if _, err := a.DeleteQueue(ctx, "shop.billing", nil); err != nil {
			t.Error(err)
		}
		if got, err := a.GetQueue(ctx, "shop.billing", nil); got != nil || err != nil {
			t.Errorf("after deletion %v, %v", got, err)
		}
		if _, err := a.DeleteQueue(ctx, "shop.billing", nil); httpStatus(err) != http.StatusNotFound {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

// The .NET client creates what is missing by these statuses, and escapes the
// slashes of names.
func TestStatusesOfTheAdministration(t *testing.T) {
	s := start(t, Config{})
	const queue = `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><QueueDescription
	  xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><MaxDeliveryCount>100</MaxDeliveryCount></QueueDescription></content></entry>`
	const subscription = `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><SubscriptionDescription
	  xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><MaxDeliveryCount>9</MaxDeliveryCount></SubscriptionDescription></content></entry>`
	for _, step := range []struct {
		verb, path, match, body string
		want                    int
		holds                   string
	}{
		{"GET", "/shop%2Fbilling?api-version=2024-05&enrich=False", "", "", 200, "Publicly Listed Services"},
		{"GET", "/topic/Subscriptions/none", "", "", 404, "Entity 'sbemulatorns:Topic:topic|none' was not found."},
		{"GET", "/topic/Subscriptions", "", "", 404, ""},
		{"PUT", "/topic/Subscriptions/s", "", subscription, 404, "Entity 'sbemulatorns:topic' was not found."},
		{"PUT", "/topic", "", strings.ReplaceAll(subscription, "Subscription", "Topic"), 201, "<TopicDescription"},
		{"PUT", "/topic/Subscriptions/s", "", subscription, 201, "<Status>Active<"},
		{"PUT", "/Topic/subscriptions/S", "", subscription, 409, "The messaging entity 'sbemulatorns:Topic:Topic|S' already exists."},
		{"GET", "/topic/Subscriptions/none", "", "", 404, "Entity 'sbemulatorns:Topic:topic|none' was not found."},
		{"DELETE", "/topic/Subscriptions/none", "", "", 404, ""},
		{"PUT", "/topic/Subscriptions/s/Rules/$Default", "", subscription, 400, "RuleDescription"},
		{"PUT", "/%23TEST", "", queue, 400, "contains character(s) that is not allowed by Service Bus."},
		{"PUT", "/shop%2Fbilling?api-version=2024-05", "", queue, 201, "<MaxDeliveryCount>100<"},
		{"PUT", "/shop/Billing?api-version=2024-05", "", queue, 409, "SubCode=40900. Conflict. You're requesting an operation that isn't allowed"},
		{"PUT", "/shop/billing?api-version=2024-05", "*", strings.Replace(queue, "100", "7", 1), 200, "<MaxDeliveryCount>7<"},
		{"PUT", "/none?api-version=2024-05", "*", queue, 404, ""},
		{"GET", "/SHOP%2fbilling", "", "", 200, "<LockDuration>PT1M<"},
		{"PUT", "/other", "", "no XML", 400, ""},
		{"DELETE", "/shop/billing", "", "", 200, ""},
		{"POST", "/shop/billing", "", queue, 405, ""},
	} {
		r, err := http.NewRequestWithContext(soon(t), step.verb, "http://"+s.Addr()+step.path, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		if step.match != "" {
			r.Header.Set("If-Match", step.match)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != step.want || !strings.Contains(string(text), step.holds) {
			t.Errorf("%s %s: %d, want %d: %s %v", step.verb, step.path, resp.StatusCode, step.want, text, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// httpStatus is the HTTP status in an error.
func httpStatus(err error) int {
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return e.StatusCode
	}
	return 0
}

func TestTopicsAndSubscriptionsAreAdministered(t *testing.T) {
	eachAddress(t, queues("target"), func(t *testing.T, s *Server, a *admin.Client) {
		ctx := soon(t)
		const topic = "Shop.Orders/Shop.Orders.OrderPlaced"
		if got, err := a.GetTopic(ctx, topic, nil); got != nil || err != nil {
			t.Fatalf("missing topic: %v, %v", got, err)
		}
		if _, err := a.CreateTopic(ctx, topic, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := a.GetTopic(ctx, topic, nil); got == nil || err != nil {
			t.Fatalf("topic: %v, %v", got, err)
		}
		to := "target"
		if _, err := a.CreateSubscription(ctx, topic, "billing", &admin.CreateSubscriptionOptions{Properties: &admin.SubscriptionProperties{ForwardTo: &to}}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.CreateSubscription(ctx, topic, "plain", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := a.CreateSubscription(ctx, topic, "Plain", nil); httpStatus(err) != http.StatusConflict {
			t.Errorf("created twice: %v", err)
		}
		send(t, dial(t, s), topic, text("x"))
		run, err := a.GetSubscriptionRuntimeProperties(ctx, topic, "plain", nil)
		if err != nil || run.ActiveMessageCount != 1 {
			t.Errorf("runtime properties %+v, %v", run, err)
		}
		q, err := a.GetQueueRuntimeProperties(ctx, "target", nil)
		if err != nil || q.ActiveMessageCount != 1 || q.TotalMessageCount != 1 || q.SizeInBytes == 0 {
			t.Errorf("runtime properties %+v, %v", q, err)
		}
		tr, err := a.GetTopicRuntimeProperties(ctx, topic, nil)
		if err != nil || tr.SubscriptionCount != 2 {
			t.Errorf("runtime properties %+v, %v", tr, err)
		}
		subs, err := a.NewListSubscriptionsPager(topic, nil).NextPage(ctx)
		if err != nil || len(subs.Subscriptions) != 2 || *subs.Subscriptions[0].ForwardTo != to {
			t.Errorf("subscriptions %+v, %v", subs, err)
		}
		rules, err := a.NewListRulesPager(topic, "plain", nil).NextPage(ctx)
		if err != nil || len(rules.Rules) != 1 || rules.Rules[0].Name != "$Default" {
			t.Errorf("rules %+v, %v", rules, err)
		}
		if _, err := a.DeleteSubscription(ctx, topic, "plain", nil); err != nil {
			t.Error(err)
		}
		if _, err := a.DeleteTopic(ctx, topic, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestEntitiesAreListedInPages(t *testing.T) {
	eachAddress(t, queues("c", "a", "e", "d", "b"), func(t *testing.T, _ *Server, a *admin.Client) {
		var names []string
		for pager := a.NewListQueuesPager(&admin.ListQueuesOptions{MaxPageSize: 2}); pager.More(); {
			page, err := pager.NextPage(soon(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range page.Queues {
				names = append(names, q.QueueName)
			}
		}
		if got := strings.Join(names, ""); got != "abcde" {
			t.Errorf("listed %s", got)
		}
		if info, err := a.GetNamespaceProperties(soon(t), nil); err != nil || info.SKU != "Standard" {
			t.Errorf("namespace %+v, %v", info, err)
		}
	})
}

func TestDeletingAQueueDetachesItsReceivers(t *testing.T) {
	s := start(t, queues("q"))
	a := administer(t, s.ConnectionString())
	r := receiver(t, dial(t, s), "q", nil)
	if _, err := r.PeekMessages(soon(t), 1, nil); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	go func() {
		_, err := r.ReceiveMessages(ctx, 1, nil)
		failed <- err
	}()
	if _, err := a.DeleteQueue(soon(t), "q", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "not-found") {
		t.Errorf("receive: %v", err)
	}
}

func TestForwardingBegunLaterMovesWhatLies(t *testing.T) {
	s := start(t, queues("q", "target"))
	send(t, dial(t, s), "q", text("a"), text("b"))
	a := administer(t, s.ConnectionString())
	if _, err := a.UpdateQueue(soon(t), "q", admin.QueueProperties{ForwardTo: new("target")}, nil); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Counts("target"); n.Active != 2 {
		t.Errorf("counts %+v", n)
	}
}

func TestDisablingThroughAdministration(t *testing.T) {
	s := start(t, queues("q"))
	a := administer(t, s.ConnectionString())
	disabled := admin.EntityStatusDisabled
	if _, err := a.UpdateQueue(soon(t), "q", admin.QueueProperties{Status: &disabled}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := sender(t, dial(t, s), "q").NewMessageBatch(soon(t), nil); err == nil || !strings.Contains(err.Error(), EntityDisabled) {
		t.Errorf("attach: %v", err)
	}
}
