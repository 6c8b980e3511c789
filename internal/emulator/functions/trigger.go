package functions

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

type timerTrigger struct {
	schedule     schedule
	text         string
	monitored    bool
	runOnStartup bool
}

type busTrigger struct {
	queue, topic, subscription string
	connection                 string // the connection string itself
	binary                     bool
	autoComplete               bool
}

// entity is the path under which the broker knows the source.
func (t busTrigger) entity() string {
	if t.queue != "" {
		return t.queue
	}
	return t.topic + "/Subscriptions/" + t.subscription
}

type httpTrigger struct {
	route   route
	methods []string // empty: all
	keyed   bool
}

// bindingJSON has the shape of one binding in function.json.
type bindingJSON struct {
	Type, Direction, Name string

	Schedule     string
	UseMonitor   *bool
	RunOnStartup bool

	QueueName, TopicName, SubscriptionName string
	Connection                             string
	DataType, Cardinality                  string
	IsSessionsEnabled                      bool
	AutoCompleteMessages                   *bool

	Route, AuthLevel string
	Methods          []string
}

func (b bindingJSON) timer(env environment) (*timerTrigger, error) {
	text, err := env.resolve(b.Schedule)
	if err != nil {
		return nil, err
	}
	s, err := parseSchedule(text)
	if err != nil {
		return nil, err
	}
	monitored := (b.UseMonitor == nil || *b.UseMonitor) && !subMinute(s, time.Now().UTC())
	return &timerTrigger{s, text, monitored, b.RunOnStartup}, nil
}

func (b bindingJSON) queue(host hostFile, env environment) (*busTrigger, error) {
	t := &busTrigger{autoComplete: host.bus.autoComplete, binary: strings.EqualFold(b.DataType, "binary")}
	var errs []error
	resolve := func(s string) string {
		v, err := env.resolve(s)
		errs = append(errs, err)
		return v
	}
	t.queue, t.topic, t.subscription = resolve(b.QueueName), resolve(b.TopicName), resolve(b.SubscriptionName)
	name := resolve(b.Connection)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if name == "" {
		name = "AzureWebJobsServiceBus"
	}
	var given bool
	t.connection, given = env.lookup(name)
	if v := b.AutoCompleteMessages; v != nil {
		t.autoComplete = *v
	}
	switch {
	case strings.EqualFold(b.Cardinality, "many"):
		return nil, errors.New("cardinality many is not emulated")
	case b.IsSessionsEnabled:
		return nil, errors.New("sessions are not emulated")
	case t.queue == "" && (t.topic == "" || t.subscription == ""):
		return nil, errors.New("it names neither a queueName nor a topicName with a subscriptionName")
	case !given:
		return nil, fmt.Errorf("connection: the setting %s is missing: set it to a connection string", name)
	case t.connection == "":
		return nil, fmt.Errorf("connection: the setting %s is empty: set it to a connection string", name)
	}
	return t, nil
}

func (b bindingJSON) http(name string, host hostFile, all []bindingJSON) (*httpTrigger, error) {
	if !host.proxies {
		return nil, errors.New("HTTP is emulated with customHandler.enableProxyingHttpRequest true in host.json only")
	}
	outputs := 0
	for _, o := range all {
		if strings.EqualFold(o.Direction, "out") && strings.EqualFold(o.Type, "http") {
			outputs++
		}
	}
	if outputs != 1 || len(all) != 2 {
		return nil, errors.New("requests are proxied only with exactly one httpTrigger and one http output")
	}
	t := &httpTrigger{methods: b.Methods}
	switch strings.ToLower(b.AuthLevel) {
	case "anonymous":
	case "", "function", "admin":
		t.keyed = true
	default:
		return nil, fmt.Errorf("authLevel %q is not anonymous, function or admin", b.AuthLevel)
	}
	path := b.Route
	if path == "" {
		path = name
	}
	var err error
	t.route, err = parseRoute(host.routePrefix + "/" + path)
	return t, err
}
