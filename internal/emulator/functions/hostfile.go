package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A hostFile is what host.json says, as far as it matters here.
type hostFile struct {
	functionTimeout       time.Duration // zero: none
	initializationTimeout time.Duration
	executable            string // as host.json names it
	workerDirectory       string
	workingDirectory      string
	arguments             string
	errorsOnStderrOnly    bool
	proxies               bool
	routePrefix           string
	bus                   busOptions
}

// busOptions are those of extensions.serviceBus.
type busOptions struct {
	maxConcurrentCalls int
	autoComplete       bool
	maxAutoLockRenewal time.Duration
}

// hostJSON has the shape of the file.
type hostJSON struct {
	Version         string
	FunctionTimeout string
	Retry           json.RawMessage
	CustomHandler   *struct {
		Description *struct {
			DefaultExecutablePath          string
			DefaultWorkerPath              string
			WorkingDirectory               string
			WorkerDirectory                string
			Arguments                      []string
			WorkerArguments                []string
			UseStdErrorStreamForErrorsOnly *bool
		}
		InitializationTimeout       string
		EnableForwardingHTTPRequest bool `json:"enableForwardingHttpRequest"`
		EnableProxyingHTTPRequest   bool `json:"enableProxyingHttpRequest"`
	}
	Extensions struct {
		HTTP struct {
			RoutePrefix *string
		}
		ServiceBus struct {
			AutoCompleteMessages       *bool
			MaxConcurrentCalls         *int
			MaxAutoLockRenewalDuration string
		}
	}
}

// readHostFile reads host.json in root. What the real host would put down to
// a missing worker is said here in plain words.
func readHostFile(root string) (hostFile, error) {
	path := filepath.Join(root, "host.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return hostFile{}, fmt.Errorf("the script root has no readable host.json: %w", err)
	}
	var f hostJSON
	if err := json.Unmarshal(text, &f); err != nil {
		return hostFile{}, fmt.Errorf("%s: %w", path, err)
	}
	h, err := f.check()
	if err != nil {
		return hostFile{}, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// check applies the host's defaults and reports everything wrong at once.
func (f hostJSON) check() (hostFile, error) {
	h := hostFile{
		functionTimeout:       30 * time.Minute,
		initializationTimeout: 30 * time.Second,
		errorsOnStderrOnly:    true,
		routePrefix:           "api",
		bus:                   busOptions{16 * runtime.NumCPU(), true, 5 * time.Minute},
	}
	var errs []error
	span := func(name, s string, d *time.Duration) {
		if s == "" {
			return
		}
		v, err := parseTimeSpan(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			return
		}
		*d = v
	}
	if f.Version != "2.0" {
		errs = append(errs, fmt.Errorf(`version is %q: it must be "2.0"`, f.Version))
	}
	if f.Retry != nil {
		errs = append(errs, errors.New("retry is not emulated: remove it"))
	}
	if f.FunctionTimeout == "-1" {
		h.functionTimeout = 0
	} else {
		span("functionTimeout", f.FunctionTimeout, &h.functionTimeout)
	}
	sb := f.Extensions.ServiceBus
	span("extensions.serviceBus.maxAutoLockRenewalDuration", sb.MaxAutoLockRenewalDuration, &h.bus.maxAutoLockRenewal)
	if n := sb.MaxConcurrentCalls; n != nil {
		h.bus.maxConcurrentCalls = *n
		if *n < 1 {
			errs = append(errs, fmt.Errorf("extensions.serviceBus.maxConcurrentCalls is %d: it must be at least 1", *n))
		}
	}
	if v := sb.AutoCompleteMessages; v != nil {
		h.bus.autoComplete = *v
	}
	if p := f.Extensions.HTTP.RoutePrefix; p != nil {
		h.routePrefix = strings.Trim(*p, "/")
	}
	c := f.CustomHandler
	if c == nil || c.Description == nil || c.Description.DefaultExecutablePath == "" {
		return h, errors.Join(append(errs, errors.New("customHandler.description.defaultExecutablePath names no program"))...)
	}
	span("customHandler.initializationTimeout", c.InitializationTimeout, &h.initializationTimeout)
	d := c.Description
	h.executable, h.workerDirectory, h.workingDirectory = d.DefaultExecutablePath, d.WorkerDirectory, d.WorkingDirectory
	args := d.Arguments
	if d.DefaultWorkerPath != "" {
		args = append(args, d.DefaultWorkerPath)
	}
	h.arguments = strings.Join(append(args, d.WorkerArguments...), " ")
	if v := d.UseStdErrorStreamForErrorsOnly; v != nil {
		h.errorsOnStderrOnly = *v
	}
	h.proxies = c.EnableProxyingHTTPRequest
	return h, errors.Join(errs...)
}
