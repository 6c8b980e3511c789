package servicebus

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
)

// An administration is the namespace's own interface, which wants Manage.
type administration struct {
	sdk *admin.Client
	cfg Config
}

func (a administration) queues(ctx context.Context, counts bool) ([]Entity, error) {
	var all []Entity
	if counts {
		for pages := a.sdk.NewListQueuesRuntimePropertiesPager(nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, q := range page.QueueRuntimeProperties {
				all = append(all, Entity{
					Queue: q.QueueName, Active: int64(q.ActiveMessageCount),
					DeadLettered: int64(q.DeadLetterMessageCount), TransferDeadLettered: int64(q.TransferDeadLetterMessageCount),
				})
			}
		}
		return all, nil
	}
	for pages := a.sdk.NewListQueuesPager(nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, q := range page.Queues {
			all = append(all, Entity{Queue: q.QueueName, Forwards: q.ForwardTo != nil && *q.ForwardTo != ""})
		}
	}
	return all, nil
}

func (a administration) topics(ctx context.Context) ([]string, error) {
	var all []string
	for pages := a.sdk.NewListTopicsPager(nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Topics {
			all = append(all, t.TopicName)
		}
	}
	return all, nil
}

func (a administration) subscriptions(ctx context.Context, topic string, counts bool) ([]Entity, error) {
	var all []Entity
	if counts {
		for pages := a.sdk.NewListSubscriptionsRuntimePropertiesPager(topic, nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, s := range page.SubscriptionRuntimeProperties {
				all = append(all, Entity{
					Topic: topic, Subscription: s.SubscriptionName, Active: int64(s.ActiveMessageCount),
					DeadLettered: int64(s.DeadLetterMessageCount), TransferDeadLettered: int64(s.TransferDeadLetterMessageCount),
				})
			}
		}
		return all, nil
	}
	for pages := a.sdk.NewListSubscriptionsPager(topic, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			all = append(all, Entity{Topic: topic, Subscription: s.SubscriptionName, Forwards: s.ForwardTo != nil && *s.ForwardTo != ""})
		}
	}
	return all, nil
}

func (a administration) forbidden() string {
	if a.cfg.ConnectionString != "" {
		return "give the key of the setting ServiceBus the Manage right, or name each queue in watch.sources"
	}
	return fmt.Sprintf("set SERVICEBUS_RESOURCE_ID to the ARM id of the namespace and give Busbell's identity the role \"Reader\" on the namespace %s, "+
		"or name each queue in watch.sources", a.cfg.Namespace)
}

// emulatorPort is where Microsoft's emulator serves its administration, beside
// the port for messages, 5672.
const emulatorPort = "5300"

// emulated is how the administration of the emulator that a connection string
// names is reached; nil where it names none. The SDK insists on https, which
// no emulator speaks.
func emulated(connectionString string) plainly {
	var host string
	is := false
	for part := range strings.SplitSeq(connectionString, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "endpoint":
			if u, err := url.Parse(strings.TrimSpace(value)); err == nil {
				host = u.Host
			}
		case "usedevelopmentemulator":
			is = strings.EqualFold(strings.TrimSpace(value), "true")
		}
	}
	if !is {
		return nil
	}
	if name, port, err := net.SplitHostPort(host); err != nil || port == "5672" {
		if err == nil {
			host = name
		}
		host = net.JoinHostPort(strings.Trim(host, "[]"), emulatorPort)
	}
	return func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.Host = "http", host, host
		return http.DefaultClient.Do(r)
	}
}

// plainly sends a request over plain HTTP.
type plainly func(*http.Request) (*http.Response, error)

// Do is the SDK's word for it.
func (p plainly) Do(r *http.Request) (*http.Response, error) { return p(r) }
