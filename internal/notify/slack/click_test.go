package slack_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack"
)

const signing = "8f742231b10e8888abcd99yyyzzz85a5"

// signed are the headers that Slack sends with a body.
func signed(body, secret string, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	h := http.Header{}
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

func form(payload string) string { return url.Values{"payload": {payload}}.Encode() }

// clicked is the payload of a click, with the changes.
func clicked(changes ...string) string {
	const payload = `{"type":"block_actions","user":{"id":"U0ANN","name":"ann"},"team":{"id":"T0TEAM"},"channel":{"id":"C0BUSERRORS"},` +
		`"container":{"type":"message_attachment","message_ts":"1795000000.000100"},"response_url":"https://hooks.example/1",` +
		`"actions":[{"action_id":"snooze/1h","block_id":"b1","value":"LEDGER|shop|incident/f00/1","type":"button","action_ts":"1795000009.250000"}]}`
	return strings.NewReplacer(changes...).Replace(payload)
}

func TestAClickIsUnderstood(t *testing.T) {
	body := form(clicked())
	got, err := slack.Listener{Secret: signing}.Clicks(signed(body, signing, time.Now()), []byte(body))
	want := notify.Click{
		Action: "snooze/1h", Value: "incident/f00/1",
		By: "U0ANN", At: time.UnixMilli(1_795_000_009_250).UTC(),
		Origin: notify.Origin{Environment: "shop", Ledger: "LEDGER"}, Answer: "https://hooks.example/1",
	}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("Clicks = %+v, %v, want %+v", got, err, want)
	}
}

// The body of what cannot be signed by Slack need not be read.
func TestAHeadThatSlackWouldNotSendIsNotAdmitted(t *testing.T) {
	l := slack.Listener{Secret: signing}
	if err := l.Admit(signed("x", "another secret", time.Now())); err != nil {
		t.Errorf("only the body tells: %v", err)
	}
	old := signed("x", signing, time.Now().Add(-time.Hour))
	short, odd := signed("x", signing, time.Now()), signed("x", signing, time.Now())
	short.Set("X-Slack-Signature", "v0=00")
	odd.Set("X-Slack-Signature", "v0="+strings.Repeat("z", 64))
	for name, h := range map[string]http.Header{"none": {}, "old": old, "short": short, "not hex": odd} {
		if err := l.Admit(h); !errors.Is(err, slack.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (slack.Listener{}).Admit(signed("x", "", time.Now())); !errors.Is(err, slack.ErrForged) {
		t.Errorf("without a secret: %v", err)
	}
}

func TestOnlySlacksSignatureCounts(t *testing.T) {
	body := form(clicked())
	now := time.Now()
	unsigned := http.Header{}
	odd := signed(body, signing, now)
	odd.Set("X-Slack-Signature", "v0=nothex")
	for name, h := range map[string]http.Header{
		"another secret":     signed(body, "another", now),
		"another body":       signed(body+"&x=1", signing, now),
		"six minutes old":    signed(body, signing, now.Add(-6*time.Minute)),
		"six minutes ahead":  signed(body, signing, now.Add(6*time.Minute)),
		"no signature":       unsigned,
		"not a signature":    odd,
		"an empty secret's":  signed(body, "", now),
		"no time":            {"X-Slack-Signature": signed(body, signing, now)["X-Slack-Signature"]},
		"a time that is odd": {"X-Slack-Signature": signed(body, signing, now)["X-Slack-Signature"], "X-Slack-Request-Timestamp": {"soon"}},
	} {
		got, err := slack.Listener{Secret: signing}.Clicks(h, []byte(body))
		if !errors.Is(err, slack.ErrForged) || len(got) != 0 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), signing) || strings.Contains(err.Error(), "nothex")) {
			t.Errorf("%s: the error says too much: %v", name, err)
		}
	}
	if _, err := (slack.Listener{}).Clicks(signed(body, "", now), []byte(body)); !errors.Is(err, slack.ErrForged) {
		t.Errorf("without a secret: %v", err)
	}
}

func TestWhatIsSignedIsStillNotTrusted(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		none bool // there is no click in it, and that is no error
	}{
		"nothing":              {body: ""},
		"no payload":           {body: "a=b"},
		"no form":              {body: "payload=%zz"},
		"no JSON":              {body: form("{")},
		"another shape":        {body: form(`{"type":"block_actions","actions":7}`)},
		"a view":               {body: form(`{"type":"view_submission"}`), none: true},
		"no message":           {body: form(clicked(`"message_ts":"1795000000.000100"`, `"x":1`)), none: true},
		"a user that is none":  {body: form(clicked("U0ANN", "<!channel>"))},
		"no user":              {body: form(clicked("U0ANN", ""))},
		"no team":              {body: form(clicked("T0TEAM", ""))},
		"a channel by name":    {body: form(clicked("C0BUSERRORS", "bus-errors"))},
		"an action of nobody":  {body: form(clicked("snooze/1h", "Snooze now!"))},
		"no time":              {body: form(clicked("1795000009.250000", "soon"))},
		"a value out of hand":  {body: form(clicked("incident/f00/1", strings.Repeat("x", 2001)))},
		"payload in the query": {body: "x=1"},
	} {
		got, err := slack.Listener{Secret: signing}.Clicks(signed(tt.body, signing, time.Now()), []byte(tt.body))
		if len(got) != 0 || (err == nil) != tt.none || errors.Is(err, slack.ErrForged) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// Our buttons, as Slack would have them clicked.
func TestTheButtonsOfAPageCanBeClicked(t *testing.T) {
	s := emulator.New(emulator.Config{Channels: []string{"bus-errors"}, Strict: true})
	at := httptest.NewServer(s)
	defer at.Close()
	var got []notify.Click
	bot := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got, err = slack.Listener{Secret: signing}.Clicks(r.Header, body)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	defer bot.Close()
	s.SendClicks(bot.URL, signing)
	of := notify.Origin{Environment: "shop", Ledger: "LEDGER"}
	page, err := slack.New(slack.Config{Token: "xoxb-0000-demo-0000", BaseURL: at.URL}, nil).Send(t.Context(), notify.Notice{
		Key: "page", Origin: of, To: "#bus-errors", Act: notify.Post, Headline: notify.Text{notify.Ours("3 failed")},
		Actions: []notify.Action{{ID: "acknowledge", Label: "Acknowledge", Value: "incident/f00/1"}, {ID: "snooze/4h", Label: "Snooze 4 h", Value: "incident/f00/1"}},
	}, notify.Receipt{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"acknowledge", "snooze/4h"} {
		if _, err := s.Click(t.Context(), emulator.Click{Channel: page.Destination, TS: page.ID, ActionID: id, User: "U0ANN"}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Action != id || got[0].Value != "incident/f00/1" || got[0].Origin != of || got[0].By != "U0ANN" || time.Since(got[0].At) > time.Minute {
			t.Errorf("%s: %+v", id, got)
		}
	}
}

// Only what a Busbell has made names it.
func TestWhoseAButtonIs(t *testing.T) {
	for value, want := range map[string]notify.Click{
		"LEDGER|shop|incident/f00/1": {Origin: notify.Origin{Environment: "shop", Ledger: "LEDGER"}, Value: "incident/f00/1"},
		"LEDGER|shop|digest/a|b@c":   {Origin: notify.Origin{Environment: "shop", Ledger: "LEDGER"}, Value: "digest/a|b@c"},
		"incident/f00/1":             {Value: "incident/f00/1"},
		"LEDGER|shop":                {Value: "LEDGER|shop"},
		"LEDGER|shop|":               {Value: "LEDGER|shop|"},
		"LEDGER|<!channel>|x":        {Value: "LEDGER|<!channel>|x"},
		"|shop|x":                    {Value: "|shop|x"},
		"":                           {},
	} {
		body := form(clicked("LEDGER|shop|incident/f00/1", value))
		got, err := slack.Listener{Secret: signing}.Clicks(signed(body, signing, time.Now()), []byte(body))
		if err != nil || len(got) != 1 || got[0].Origin != want.Origin || got[0].Value != want.Value {
			t.Errorf("%q: %+v, %v", value, got, err)
		}
	}
}

func FuzzClicks(f *testing.F) {
	f.Add(clicked())
	f.Add(clicked("snooze/1h", "acknowledge", "U0ANN", "W1"))
	f.Add(`{"type":"block_actions","container":{"message_ts":"1.1"},"actions":[{}]}`)
	f.Fuzz(func(t *testing.T, payload string) {
		body := form(payload)
		clicks, err := slack.Listener{Secret: signing}.Clicks(signed(body, signing, time.Now()), []byte(body))
		if errors.Is(err, slack.ErrForged) {
			t.Fatal(err)
		}
		for _, c := range clicks {
			if c.By == "" || c.Action == "" || strings.ContainsAny(c.By+c.Action, "<>&|\n ") || len(c.Value) > 2000 {
				t.Errorf("%+v", c)
			}
		}
	})
}
