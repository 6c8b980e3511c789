// Package servicebus reads messages where they lie in Azure Service Bus. It
// is the only speaker of AMQP.
//
// One [Client] is one connection to one namespace, whatever the number of
// sources; after two failures in a row it is a fresh one. [Source.Peek] opens a fresh receiver, looks at page after page
// from a sequence number on until a page is empty, and closes it. Nothing is
// received: no delivery count, lock or message is touched.
package servicebus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/setting"
)

// Config says which namespace to read and as whom: by connection string, or
// by name and credential.
type Config struct {
	ConnectionString setting.Secret
	Namespace        string // "shop.servicebus.windows.net"
	Credential       azcore.TokenCredential

	// For a [Lister] alone. ResourceID is the ARM id of the namespace, where
	// the resource manager is to be asked; the rest are as they should be when
	// left out.
	ResourceID string
	ManagerURL string
	Transport  policy.Transporter
}

// A Client is a connection to a namespace, made when first used. It is safe
// for concurrent use.
type Client struct {
	dial      func() (*azservicebus.Client, error)
	namespace string // "" where a connection string says it

	mu      sync.Mutex
	current *connection
}

// New makes a client. It does not connect.
func New(cfg Config) (*Client, error) {
	// The defaults take 35 to 55 s to fail; the next pass is our retry.
	options := &azservicebus.ClientOptions{RetryOptions: azservicebus.RetryOptions{
		MaxRetries: 3, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second,
	}}
	dial := func() (*azservicebus.Client, error) {
		if cfg.ConnectionString != "" {
			return azservicebus.NewClientFromConnectionString(string(cfg.ConnectionString), options)
		}
		return azservicebus.NewClient(cfg.Namespace, cfg.Credential, options)
	}
	sdk, err := dial()
	if err != nil {
		return nil, fmt.Errorf("set up the Service Bus client: %w", err)
	}
	return &Client{dial: dial, namespace: cfg.Namespace, current: &connection{sdk: sdk}}, nil
}

// Close ends the connection.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current.sdk.Close(ctx)
}
