package action

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/slack"
)

// A refusing ledger does not give one row.
type refusing struct {
	ledger.Ledger
	row string
}

func (l refusing) Get(ctx context.Context, key ledger.Key) (ledger.Entry, error) {
	if key.Row == l.row {
		return ledger.Entry{}, errors.New("table is busy")
	}
	return l.Ledger.Get(ctx, key)
}

func TestOneClickThatCannotBeNotedStopsNoOther(t *testing.T) {
	const secret = "signing-secret"
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	store := new(ledger.Memory)
	delivery := &outbox.Delivery{Ledger: store, Environment: "test", Log: logger}
	incidents := incident.Store{Ledger: refusing{store, "1-b99c68b90936757a"}, Environment: "test", Log: logger}
	apply := func(ctx context.Context, a lifecycle.Action) ([]notify.Notice, error) {
		j := &incident.Journal{Ledger: store, Environment: "test", Records: incidents, Delivery: delivery, Log: logger}
		return (&lifecycle.Tracker{Incidents: incidents, Journal: j}).Apply(ctx, a)
	}
	h := &Handler{Listener: slack.Listener{Secret: secret}, Delivery: delivery, Zone: time.UTC, Apply: apply, Log: logger}
	origin, err := delivery.Origin(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	value := origin.Ledger + "|test|incident/"
	payload := fmt.Sprintf(`{"type": "block_actions", "user": {"id": "U0ANN"}, "team": {"id": "T0SHOP"}, "channel": {"id": "C0ERRORS1"},
		"container": {"message_ts": "1.1"}, "actions": [
			{"action_id": "Not Ours", "value": "x", "action_ts": "2.0"}, {"action_id": "acknowledge", "value": "%[1]s1-b99c68b90936757a/1", "action_ts": "2.1"}, {"action_id": "snooze/1h", "value": "%[1]s1-2e5c0e34aec77a22/1", "action_ts": "2.2"}]}`, value)
	body := url.Values{"payload": {payload}}.Encode()
	r := httptest.NewRequest(http.MethodPost, "/api/slack/actions", strings.NewReader(body))
	stamp := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "click again") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	for _, line := range []string{`msg="a click was not understood"`, `msg="a click could not be noted" action=acknowledge`, `msg="a click on what is over" action=snooze/1h`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("no line %s in\n%s", line, &log)
		}
	}
}
