package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A function is one folder with a function.json, ready to run.
type function struct {
	name    string // the folder's, and the path that the host posts to
	binding string // the name of the trigger's binding, the key under Data
	timer   *timerTrigger
	queue   *busTrigger
	http    *httpTrigger
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
