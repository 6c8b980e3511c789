package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A function is one folder with a function.json, ready to run.
type function struct {
	name    string // the folder's, and the path that the host posts to
	binding string // the name of the trigger's binding, the key under Data
	timer   *timerTrigger
	queue   *busTrigger
	http    *httpTrigger
}

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

var functionName = regexp.MustCompile(`^(?i)[a-z][a-z0-9_-]{0,127}$`)

// readFunctions reads every function.json directly below root. A broken one
// costs that function only: it is in errs and the others are returned.
func readFunctions(root string, host hostFile, env environment) (fns []*function, errs []error) {
	folders, err := os.ReadDir(root)
	if err != nil {
		return nil, []error{fmt.Errorf("the script root: %w", err)}
	}
	for _, folder := range folders {
		name := folder.Name()
		path := filepath.Join(root, name, "function.json")
		if _, err := os.Stat(path); err != nil || env.disables(name) {
			continue
		}
		fn, err := readFunction(path, name, host, env)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s/function.json: %w", name, err))
			continue
		}
		fns = append(fns, fn)
	}
	if len(fns) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("no folder in %s holds the function.json of an enabled function", root))
	}
	return fns, errs
}

func readFunction(path, name string, host hostFile, env environment) (*function, error) {
	if !functionName.MatchString(name) || strings.EqualFold(name, "host") {
		return nil, fmt.Errorf("the host takes %q for no function's name", name)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Bindings []bindingJSON
		Retry    json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	if file.Retry != nil {
		return nil, errors.New("retry is not emulated: remove it")
	}
	var trigger *bindingJSON
	for i, b := range file.Bindings {
		if !strings.HasSuffix(strings.ToLower(b.Type), "trigger") {
			continue
		}
		if trigger != nil {
			return nil, errors.New("it has two triggers")
		}
		trigger = &file.Bindings[i]
	}
	if trigger == nil {
		return nil, errors.New("it has no trigger")
	}
	if trigger.Name == "" {
		return nil, errors.New("its trigger has no name")
	}
	fn := &function{name: name, binding: trigger.Name}
	switch strings.ToLower(trigger.Type) {
	case "timertrigger":
		fn.timer, err = trigger.timer(env)
	case "servicebustrigger":
		fn.queue, err = trigger.queue(host, env)
	case "httptrigger":
		fn.http, err = trigger.http(name, host, file.Bindings)
	default:
		err = fmt.Errorf("the trigger %q is not emulated", trigger.Type)
	}
	return fn, err
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
