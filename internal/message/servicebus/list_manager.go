package servicebus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// managerVersion is a version of the resource manager's interface for Service
// Bus that every cloud has.
const managerVersion = "2024-01-01"

// managers are the resource managers of the clouds, by what their namespaces'
// names end in.
var managers = map[string]string{
	".servicebus.usgovcloudapi.net": "https://management.usgovcloudapi.net",
	".servicebus.chinacloudapi.cn":  "https://management.chinacloudapi.cn",
}

const azureManager = "https://management.azure.com"

// A manager is Azure's resource manager, which lists with the role Reader.
type manager struct {
	base     *url.URL
	id       string
	pipeline runtime.Pipeline
}

func newManager(cfg Config) (*manager, error) {
	base := cfg.ManagerURL
	for suffix, manager := range managers {
		if base == "" && strings.HasSuffix(strings.ToLower(cfg.Namespace), suffix) {
			base = manager
		}
	}
	u, err := url.Parse(cmp.Or(base, azureManager))
	if err != nil {
		return nil, err
	}
	scope := u.Scheme + "://" + u.Host + "/.default"
	signed := runtime.NewBearerTokenPolicy(cfg.Credential, []string{scope}, nil)
	return &manager{
		base: u, id: "/" + strings.Trim(cfg.ResourceID, "/"),
		pipeline: runtime.NewPipeline("busbell", "", runtime.PipelineOptions{PerRetry: []policy.Policy{signed}},
			&azcore.ClientOptions{Retry: listRetries, Transport: cfg.Transport, Telemetry: policy.TelemetryOptions{Disabled: true}}),
	}, nil
}

// A listed is one entity as the resource manager describes it.
type listed struct {
	Name       string `json:"name"`
	Properties struct {
		ForwardTo    string `json:"forwardTo"`
		CountDetails struct {
			Active               int64 `json:"activeMessageCount"`
			DeadLettered         int64 `json:"deadLetterMessageCount"`
			TransferDeadLettered int64 `json:"transferDeadLetterMessageCount"`
		} `json:"countDetails"`
	} `json:"properties"`
}

// entity is what it is; the names are the caller's, who knows what they are
// the names of.
func (l listed) entity() Entity {
	p := l.Properties
	return Entity{
		Forwards: p.ForwardTo != "", Active: p.CountDetails.Active,
		DeadLettered: p.CountDetails.DeadLettered, TransferDeadLettered: p.CountDetails.TransferDeadLettered,
	}
}

// name is the entity's own: the resource manager writes ~ for the slashes in
// it, which would end a part of a path.
func (l listed) name() string { return strings.ReplaceAll(l.Name, "~", "/") }

func (m *manager) queues(ctx context.Context, _ bool) ([]Entity, error) {
	found, err := m.list(ctx, "queues")
	all := make([]Entity, 0, len(found))
	for _, l := range found {
		e := l.entity()
		e.Queue = l.name()
		all = append(all, e)
	}
	return all, err
}

func (m *manager) topics(ctx context.Context) ([]string, error) {
	found, err := m.list(ctx, "topics")
	all := make([]string, 0, len(found))
	for _, l := range found {
		all = append(all, l.name())
	}
	return all, err
}

func (m *manager) subscriptions(ctx context.Context, topic string, _ bool) ([]Entity, error) {
	found, err := m.list(ctx, "topics", strings.ReplaceAll(topic, "/", "~"), "subscriptions")
	all := make([]Entity, 0, len(found))
	for _, l := range found {
		e := l.entity()
		e.Topic, e.Subscription = topic, l.Name
		all = append(all, e)
	}
	return all, err
}

func (m *manager) forbidden() string {
	return fmt.Sprintf("give Busbell's identity the role \"Reader\" on the namespace %s (SERVICEBUS_RESOURCE_ID), or name each queue in watch.sources", path.Base(m.id))
}

// list reads all pages of a collection below the namespace.
func (m *manager) list(ctx context.Context, below ...string) ([]listed, error) {
	next := m.base.JoinPath(append([]string{m.id}, below...)...)
	next.RawQuery = url.Values{"api-version": {managerVersion}}.Encode()
	var all []listed
	for {
		var page struct {
			Value    []listed `json:"value"`
			NextLink string   `json:"nextLink"`
		}
		if err := m.get(ctx, next, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if page.NextLink == "" {
			return all, nil
		}
		u, err := url.Parse(page.NextLink)
		if err != nil || u.Scheme != m.base.Scheme || u.Host != m.base.Host { // our token is for nobody else
			return nil, errors.New("the next page lies elsewhere")
		}
		next = u
	}
}

func (m *manager) get(ctx context.Context, at *url.URL, into any) error {
	r, err := runtime.NewRequest(ctx, http.MethodGet, at.String())
	if err != nil {
		return err
	}
	resp, err := m.pipeline.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return runtime.NewResponseError(resp)
	}
	return runtime.UnmarshalAsJSON(resp, into)
}
