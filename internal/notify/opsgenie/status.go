package opsgenie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"

	"github.com/busbell/busbell/internal/notify"
)

// A Status is what people did to an alert. The zero Status means that nothing is
// known: the alert does not exist, or alerts cannot be read.
type Status struct {
	Known        bool
	Closed       bool
	Acknowledged bool
	By           string // who acknowledged it, else who closed it
}

// Status reads an alert. Jira Service Management's integration path cannot be read,
// and not every key may read: then Status returns no error, and tries again after an
// hour, because a refusal may have been a moment's.
func (c *Channel) Status(ctx context.Context, alias string) (Status, error) {
	if time.Now().Unix() < c.unreadable.Load() {
		return Status{}, nil
	}
	if err := checkAlias(alias); err != nil {
		return Status{}, fmt.Errorf("opsgenie: %w: %w", notify.ErrRejected, err)
	}
	var got alert.GetAlertResult
	answer := c.caller.call(ctx, &alert.GetAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: alias}, &got)
	switch {
	case answer.noAlert():
		return Status{}, nil
	case answer.err != nil && unreadable(answer.status):
		c.unreadable.Store(time.Now().Add(readAgain).Unix())
		return Status{}, nil
	case answer.err != nil:
		return Status{}, c.fault(ctx, "read alert", answer)
	case got.Alias != alias:
		return Status{}, errors.New("opsgenie: read alert: the answer is about another one")
	}
	s := Status{Known: true, Closed: got.Status == "closed", Acknowledged: got.Acknowledged, By: line(got.Report.ClosedBy, maxDetail)}
	if got.Acknowledged {
		s.By = line(got.Report.AcknowledgedBy, maxDetail)
	}
	return s, nil
}

// readAgain is after which time it is tried again to read where that was refused.
const readAgain = time.Hour

// Acknowledged returns who has acknowledged an alert that is still open.
func (c *Channel) Acknowledged(ctx context.Context, alias string) (by string, ok bool, err error) {
	s, err := c.Status(ctx, alias)
	return s.By, s.Acknowledged && !s.Closed, err
}

// unreadable reports whether a status says that this key cannot read alerts at this
// address.
func unreadable(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}
