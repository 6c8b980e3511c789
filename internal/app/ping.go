package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/busbell/busbell/internal/setting"
)

// ping calls the dead-man service, if there is one. Its address is a secret, so no
// error contains it.
func ping(ctx context.Context, address setting.Secret) error {
	if address == "" {
		return nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, string(address), nil)
	if err != nil {
		return errors.New("PING_URL is not a URL")
	}
	r.Header.Set("User-Agent", "busbell")
	// A redirect is not followed, because it would pass on the secret.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("ping: %w", failed.Err)
	}
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("ping: it answered %s", answer.Status)
	}
	return nil
}
