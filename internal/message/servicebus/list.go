package servicebus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/setting"
)

// An Entity is a queue, or a subscription of a topic, and what a listing
// tells of it.
type Entity struct {
	Queue, Topic, Subscription string

	// Forwards says that what comes is passed on: nothing stays in it but in
	// its sub-queues.
	Forwards bool

	// How many messages lie in it and in its sub-queues, as far as the
	// namespace counts them.
	Active, DeadLettered, TransferDeadLettered int64
}

// Wanted is what to list. The less of it, the fewer requests: queues come by
// the hundred, of each topic the subscriptions are asked for alone.
type Wanted struct {
	Queues bool
	Topics func(name string) bool // whose subscriptions; nil: no topic's
	Counts bool                   // Forwards may be missing then
}

// A Lister finds out which entities a namespace holds. It is safe for
// concurrent use.
type Lister struct {
	from catalogue
}

// A catalogue is one of the two interfaces that know the entities.
type catalogue interface {
	queues(ctx context.Context, counts bool) ([]Entity, error)
	topics(ctx context.Context) ([]string, error)
	subscriptions(ctx context.Context, topic string, counts bool) ([]Entity, error)

	// forbidden is what to do where the right to list is missing.
	forbidden() string
}

// NewLister makes a lister; it does not connect. Where ResourceID is given,
// with a credential, it asks Azure's resource manager, which wants the role
// Reader; else, and of an emulator, the namespace itself, which wants the
// Manage right.
func NewLister(cfg Config) (*Lister, error) {
	plain := emulated(string(cfg.ConnectionString))
	if cfg.ResourceID != "" && cfg.Credential != nil && plain == nil {
		m, err := newManager(cfg)
		if err != nil {
			return nil, fmt.Errorf("set up the listing of queues: %w", err)
		}
		return &Lister{m}, nil
	}
	options := &admin.ClientOptions{ClientOptions: azcore.ClientOptions{Retry: listRetries, Transport: cfg.Transport}}
	var (
		sdk *admin.Client
		err error
	)
	if cfg.ConnectionString != "" {
		if plain != nil {
			options.Transport = plain
		}
		sdk, err = admin.NewClientFromConnectionString(string(cfg.ConnectionString), options)
	} else {
		sdk, err = admin.NewClient(cfg.Namespace, cfg.Credential, options)
	}
	if err != nil {
		return nil, fmt.Errorf("set up the listing of queues: %w", err)
	}
	return &Lister{administration{sdk, cfg}}, nil
}

// listRetries are few and short: the next pass is our retry.
var listRetries = policy.RetryOptions{MaxRetries: 2, RetryDelay: 300 * time.Millisecond, MaxRetryDelay: 2 * time.Second, TryTimeout: 15 * time.Second}

// listLinks is how many topics are asked for their subscriptions at once.
const listLinks = 8

// A Gap is a part of a namespace that could not be listed.
type Gap struct {
	Topic string // whose subscriptions; "*" means every topic's, "" the queues
	Err   error
}

// List returns what is wanted, and which parts of it could not be listed: of
// those it returns nothing. One part does not stop the others.
func (l *Lister) List(ctx context.Context, want Wanted) (all []Entity, gaps []Gap) {
	if want.Queues {
		queues, err := l.from.queues(ctx, want.Counts)
		if err != nil {
			gaps = append(gaps, Gap{Err: l.explain("queues", err)})
		}
		all = queues
	}
	if want.Topics == nil {
		return all, gaps
	}
	topics, err := l.from.topics(ctx)
	if err != nil {
		return all, append(gaps, Gap{Topic: "*", Err: l.explain("topics", err)})
	}
	found, errs := make([][]Entity, len(topics)), make([]error, len(topics))
	var each errgroup.Group
	each.SetLimit(listLinks)
	for i, topic := range topics {
		if !want.Topics(topic) {
			continue
		}
		each.Go(func() error {
			found[i], errs[i] = l.from.subscriptions(ctx, topic, want.Counts)
			return nil
		})
	}
	_ = each.Wait() // each topic holds its own error
	for i, topic := range topics {
		all = append(all, found[i]...)
		if err := errs[i]; err != nil && !isMissing(err) { // a topic that is gone by now has none
			gaps = append(gaps, Gap{Topic: topic, Err: l.explain("subscriptions of "+topic, err)})
		}
	}
	return all, gaps
}

func isMissing(err error) bool {
	known, ok := errors.AsType[*azcore.ResponseError](err)
	return ok && known.StatusCode == http.StatusNotFound
}

// explain says what could not be listed, why, and what to do about it.
func (l *Lister) explain(what string, err error) error {
	if known, ok := errors.AsType[*azcore.ResponseError](err); ok {
		switch known.StatusCode {
		case 401, 403:
			return setting.Cure(fmt.Errorf("list %s: %w (%s)", what, message.ErrForbidden, brief(known)), l.from.forbidden())
		case 404:
			return setting.Cure(fmt.Errorf("list %s: %w (%s)", what, message.ErrMissing, brief(known)), "correct SERVICEBUS_RESOURCE_ID, the ARM id of the namespace")
		case 429, 503:
			return fmt.Errorf("list %s: %w (%s)", what, message.ErrBusy, brief(known))
		}
		return fmt.Errorf("list %s: %s", what, brief(known))
	}
	return fmt.Errorf("list %s: %w", what, firstLine{err})
}

// brief is an answer without its body and its ids, which differ each time.
func brief(e *azcore.ResponseError) string {
	status := strconv.Itoa(e.StatusCode)
	return strings.TrimSpace(status + " " + strings.TrimPrefix(e.ErrorCode, status))
}

// A firstLine is an error of the SDK without the report that it appends.
type firstLine struct{ error }

func (f firstLine) Error() string {
	line, _, _ := strings.Cut(strings.TrimSpace(f.error.Error()), "\n")
	return strings.TrimRight(line, " :")
}

func (f firstLine) Unwrap() error { return f.error }
