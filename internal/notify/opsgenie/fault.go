package opsgenie

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsgenie/opsgenie-go-sdk-v2/client"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/web"
)

// fault returns an error whose kind says what the answer to a call means for the
// next attempt. Its text contains neither the key nor the URL. ctx is the caller's:
// if it has ended, the service has not asked us to wait.
func (c *Channel) fault(ctx context.Context, what string, a answer) error {
	if a.err == nil {
		return nil
	}
	cure, kind := a.judge(ctx)
	text := web.Redact(c.key, a.text())
	if cure != "" {
		text += "; " + cure
	}
	if kind == nil {
		return &notify.LaterError{After: after(a.retryAfter), Err: fmt.Errorf("opsgenie: %s: %s", what, text)}
	}
	return fmt.Errorf("opsgenie: %w: %s: %s", kind, what, text)
}

const (
	urlCure  = "check OPSGENIE_API_URL and what stands between"
	keyCure  = "set OPSGENIE_API_KEY to the key of an API integration that may create alerts, and OPSGENIE_API_URL to its region"
	planCure = "the account's plan does not include this: have its owner renew or upgrade the plan in OpsGenie or Jira Service Management, " +
		"or set OPSGENIE_API_KEY to the key of an account that may create alerts"
	moveCure = End + ": " + moveTo
	moveTo   = "create an API integration in Jira Service Management, " +
		"set OPSGENIE_API_URL to api.atlassian.com/jsm/ops/integration and OPSGENIE_API_KEY to the key of that integration"
)

// judge returns what an operator can do, and the kind of the outcome; nil if nothing
// was sent and a later attempt may succeed.
func (a answer) judge(ctx context.Context) (cure string, kind error) {
	switch code := a.status; {
	case code == 0 && web.Unsent(a.err) && ctx.Err() != nil:
		return "", notify.ErrNotSent
	case code == 0 && web.Unsent(a.err):
		return urlCure, nil
	case code == http.StatusTooManyRequests:
		return "", nil
	case code == http.StatusUnauthorized || code == http.StatusForbidden || a.malformedKey():
		return keyCure, notify.ErrRejected
	case code == http.StatusPaymentRequired:
		return planCure, notify.ErrRejected
	case code == http.StatusGone:
		return moveCure, notify.ErrRejected
	case code == http.StatusBadRequest || code == http.StatusUnprocessableEntity || a.noAlert():
		return "", notify.ErrRejected
	case code >= 300 && code < 500 && code != http.StatusRequestTimeout:
		return urlCure, nil
	}
	return "", notify.ErrUnknown
}

// malformedKey reports whether the service refuses the form of the key. It does so
// with 422, the status for content that it refuses.
func (a answer) malformedKey() bool {
	e, ok := errors.AsType[*client.ApiError](a.err)
	return ok && strings.Contains(strings.ToLower(e.Message), "key format is not valid")
}

// noAlert reports whether the service itself, and no proxy, says that the alert does
// not exist.
func (a answer) noAlert() bool {
	e, ok := errors.AsType[*client.ApiError](a.err)
	if !ok || a.status != http.StatusNotFound {
		return false
	}
	said := strings.ToLower(e.Message)
	return strings.Contains(said, "alert") && (strings.Contains(said, "not exist") || strings.Contains(said, "not found"))
}

// text describes the error, with what the service said cut to a short line.
func (a answer) text() string {
	if e, ok := errors.AsType[*client.ApiError](a.err); ok {
		var said strings.Builder
		said.WriteString(strings.TrimSpace(strconv.Itoa(e.StatusCode) + " " + line(e.Message, 200)))
		for _, field := range slices.Sorted(maps.Keys(e.Errors))[:min(len(e.Errors), 5)] {
			said.WriteString(", " + line(field+": "+e.Errors[field], 200))
		}
		return said.String()
	}
	err := web.Cause(a.err)
	if a.status != 0 {
		return strconv.Itoa(a.status) + " " + line(err.Error(), 200)
	}
	return line(err.Error(), 200)
}

// after reads a Retry-After in seconds; 0 if there is none.
func after(header string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil {
		return 0
	}
	return time.Duration(min(max(seconds, 0), 3600)) * time.Second
}
