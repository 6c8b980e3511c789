package opsgenie

import (
	"context"
	"errors"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"

	"github.com/busbell/busbell/internal/notify/web"
	"github.com/busbell/busbell/internal/setting"
)

// CheckAlias is that of the alert by which the key is tried.
const CheckAlias = "busbell-check"

// Check finds out whether the key is taken, by closing an alert that is not
// there: all else that an integration's key may do leaves something behind.
func (c *Channel) Check(ctx context.Context) error {
	a := c.caller.ask(ctx, &alert.CloseAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: CheckAlias, Source: source})
	if a.err == nil || a.noAlert() {
		return nil
	}
	cure, _ := a.judge(ctx)
	return setting.Cure(errors.New(web.Redact(c.key, a.text())), cure)
}
