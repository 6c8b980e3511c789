package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/opsgenie"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
)

// The channels by the names that notices call them.
const (
	slackChannel    = "slack"
	opsgenieChannel = "opsgenie"
)

// A plan is what settings and busbell.yaml say, and what is wrong with them.
type plan struct {
	process  Process
	settings Settings
	config   Config
	wrong    []string // each problem with its place and its cure
	warnings []string
}

// readPlan reads the environment and the file, all problems at once.
func readPlan(in Process) plan {
	settings, problems := FromEnv(in.Getenv)
	config, faults := LoadConfig(configPath(settings, in.Getenv))
	p := plan{process: in, settings: settings, config: config}
	for _, problem := range append(problems, settings.Warn(config)...) {
		p.note(problem.String(), problem.Warning)
	}
	for _, fault := range faults {
		p.note(fault.String(), fault.Warning)
	}
	return p
}

// configPath is where busbell.yaml lies: where the settings say, else beside
// host.json.
func configPath(s Settings, getenv func(string) string) string {
	return cmp.Or(s.ConfigFile, filepath.Join(getenv("FUNCTIONS_APP_ROOT_PATH"), "busbell.yaml"))
}

func (p *plan) note(line string, warning bool) {
	if warning {
		p.warnings = append(p.warnings, line)
	} else {
		p.wrong = append(p.wrong, line)
	}
}

// err is everything that is wrong in one line; nil when nothing is.
func (p *plan) err() error {
	if len(p.wrong) == 0 {
		return nil
	}
	return errors.New("wrong configuration: " + strings.Join(p.wrong, " | "))
}

// A house is the handler's parts, connected.
type house struct {
	process    Process
	watch      *errorqueue.Watch
	features   *feature.Flow
	eventQueue string
	bus        *servicebus.Client
	pingURL    setting.Secret

	listener slack.Listener
	chat     *slack.Channel
	delivery *notify.Delivery
	zone     *time.Location // in which it is tomorrow
	log      *slog.Logger
	showing  sync.WaitGroup // what clicks changed
	forged   atomic.Int64   // the minute in which the last forged click was logged
}

func (h *house) close(ctx context.Context) error {
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		h.showing.Wait()
		h.delivery.Settle()
	}()
	select {
	case <-shown:
	case <-ctx.Done(): // the next pass shows it
	}
	return h.bus.Close(ctx)
}

// build connects the parts. It does not reach out: what cannot be reached is
// said by the invocation that needs it.
func (p *plan) build(log *slog.Logger) (*house, error) {
	if err := p.err(); err != nil {
		return nil, err
	}
	bus, err := p.settings.Bus.connect()
	if err != nil {
		return nil, err
	}
	masker, err := privacy.New(p.config.Privacy)
	if err != nil {
		return nil, err
	}
	watch, err := p.config.watch(masker, p.settings.OpsGenie.Key != "")
	if err != nil {
		return nil, err
	}
	features, err := p.config.features(masker)
	if err != nil {
		return nil, err
	}
	store, err := p.settings.Storage.Ledger()
	if err != nil {
		return nil, err
	}
	incidents := incident.Store{Ledger: store, Environment: p.config.Environment, Log: log, Now: p.process.Now}
	delivery := p.delivery(store, incidents, log)
	own := p.settings.ownQueues()
	watch.OwnQueues, watch.Implied = own, errorqueue.Implied(p.config.Watch.Sources, own...)
	watch.Deployment.Namespace, watch.Deployment.Buttons = p.settings.Bus.host(), p.settings.SigningSecret != ""
	watch.Open = func(at errorqueue.Source) errorqueue.Peeker { return bus.Source(at.Entity()) }
	if _, some := errorqueue.NewQuery(watch.Sources); some {
		watch.Find = p.settings.finder()
	}
	watch.Incidents, watch.Delivery, watch.Log, watch.Now = incidents, delivery, log, p.process.Now
	if pager, ok := delivery.Channels[opsgenieChannel].(*opsgenie.Channel); ok {
		watch.Acknowledged = acknowledged(pager)
	}
	watch.Features = features.Rules.Carries
	features.Delivery, features.Log = delivery, log
	return &house{
		process: p.process, eventQueue: p.settings.EventsQueue, bus: bus, watch: watch, features: features, delivery: delivery, log: log,
		listener: slack.Listener{Secret: p.settings.SigningSecret}, chat: delivery.Channels[slackChannel].(*slack.Channel), zone: p.config.Watch.Quiet.Zone.Location(), pingURL: p.settings.PingURL,
	}, nil
}

// delivery connects the channels that are set up.
func (p *plan) delivery(store ledger.Ledger, incidents incident.Store, log *slog.Logger) *notify.Delivery {
	d := &notify.Delivery{
		Ledger: store, Environment: p.config.Environment, Log: log,
		Channels: map[string]notify.Channel{slackChannel: slack.New(p.settings.Slack, nil)},
		Moot: func(ctx context.Context, n notify.Notice) (bool, error) {
			if n.Channel != opsgenieChannel {
				return false, nil // a failure that has gone is told all the same
			}
			return incidents.IsOver(ctx, n.Subject)
		},
		Keep:      incidents.IsAlive,
		Elsewhere: p.elsewhere,
		Lease:     p.process.scaled(time.Minute),
		LookUp:    p.process.scaled(30 * time.Second),
		Paces:     map[string]notify.Pace{slackChannel: {Every: p.process.scaled(time.Second), Burst: 20, Edits: 40 * max(p.process.TimeScale, 1)}},
		Wait:      p.process.scaled(20 * time.Second),
		Now:       p.process.Now,
	}
	if p.settings.OpsGenie.Key != "" {
		d.Channels[opsgenieChannel] = opsgenie.New(p.settings.OpsGenie, nil)
	}
	return d
}

// acknowledged asks the pager who has acknowledged an alert there.
func acknowledged(pager *opsgenie.Channel) func(context.Context, string) (string, bool, error) {
	return func(ctx context.Context, alias string) (string, bool, error) {
		s, err := pager.Status(ctx, alias)
		return s.By, s.Acknowledged && !s.Closed, err
	}
}

// elsewhere is where people hear that a place takes no notices: of a pager
// and of any other place in Slack in the one of the watch, of that one through
// the pager.
func (p *plan) elsewhere(deaf notify.Destination) (notify.Destination, bool) {
	watch := notify.Destination{Channel: slackChannel, To: p.config.Watch.Slack.Channel}
	if deaf != watch {
		return watch, true
	}
	return notify.Destination{Channel: opsgenieChannel}, p.settings.OpsGenie.Key != ""
}

func (b Bus) connect() (*servicebus.Client, error) {
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
