package opsgenie

import (
	"context"
	"errors"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"

	"github.com/busbell/busbell/internal/notify/web"
	"github.com/busbell/busbell/internal/setting"
)

// CheckAlias is the alias of the alert with which Check tries the key.
const CheckAlias = "busbell-check"

// Check finds out whether the service accepts the key, by closing an alert that does
// not exist. Any other call that the key of an integration allows has an effect.
func (c *Channel) Check(ctx context.Context) error {
	a := c.caller.ask(ctx, &alert.CloseAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: CheckAlias, Source: source})
	if a.err == nil || a.noAlert() {
		return nil
	}
	cure, _ := a.judge(ctx)
	return setting.Cure(errors.New(web.Redact(c.key, a.text())), cure)
}
