package errorqueue_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	standin "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/message/messagefile"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// shown are the failures whose messages in Slack are kept, to be looked at
// whenever they change.
var shown = []string{
	"captured/rebus/rebus-8-en-us-plain", "captured/rebus/rebus-8-inner-three-levels", "captured/rebus/rebus-8-hostile-text",
	"captured/rebus/rebus-8-deep-recursion-cut", "captured/rebus/rebus-8-foreign-message", "captured/rebus/rebus-7-plain",
	"captured/nservicebus/nservicebus-10-aggregate", "captured/nservicebus/nservicebus-10-corrupt-json",
	"captured/masstransit/masstransit-8-saga", "captured/masstransit/masstransit-8-skipped",
	"captured/wolverine/wolverine-6-native-dead-letter",
	"failed-messages/rebus-8-hostile-markup-and-secrets", "failed-messages/rebus-8-manual-dead-letter", "failed-messages/rebus-8-gzip-body",
	"failed-messages/brighter-dead-letter", "failed-messages/dapr-cloudevent",
	"failed-messages/plain-max-delivery-count", "failed-messages/plain-application-reason-exception", "failed-messages/plain-binary-body",
	"failed-messages/plain-bare-message-in-error-queue",
}

// What Slack is sent for each, by the real client over a real socket. After a
// change that is meant: go test ./internal/errorqueue -run Golden -update
func TestGoldenMessagesInSlack(t *testing.T) {
	chat := newMirror(t)
	masker, err := privacy.New(privacy.Config{Show: []string{"OrderId"}})
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, triage.PageRule{When: `failure.failingQueue == "shop.billing"`, Priority: "P2"})
	d.Masker = masker
	d.now = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)
	for _, name := range shown {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			data, err := os.ReadFile("../failure/testdata/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			f, err := messagefile.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			x := d.Explainer(source.Parse(f.Message.Entity)).Explain(&f.Message)
			got := chat.said(t, x.Notices)
			golden := filepath.Join("testdata", "golden", filepath.Base(name)+".json")
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("Slack is sent (-want +got):\n%s", diff)
			}
		})
	}
}

// A mirror is a stand-in for Slack that remembers what was last posted.
type mirror struct {
	channel *slack.Channel
	mu      sync.Mutex
	posted  url.Values
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	m := &mirror{}
	behind := standin.New(standin.Config{Token: "xoxb-golden", Channels: []string{"bus"}, Strict: true})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if form, err := url.ParseQuery(string(body)); err == nil && strings.HasSuffix(r.URL.Path, "/chat.postMessage") {
			m.mu.Lock()
			m.posted = form
			m.mu.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	m.channel = slack.New(slack.Config{Token: "xoxb-golden", BaseURL: server.URL}, nil)
	return m
}

// said is what the announcement among the notices had Slack show, indented.
func (m *mirror) said(t *testing.T, notices []notify.Notice) []byte {
	t.Helper()
	for _, n := range notices {
		if n.Channel != "slack" || n.Act != notify.Post {
			continue
		}
		if _, err := m.channel.Send(t.Context(), n, notify.Receipt{}); err != nil {
			t.Fatal(err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		var attachments any
		if err := json.Unmarshal([]byte(m.posted.Get("attachments")), &attachments); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(map[string]any{"text": m.posted.Get("text"), "attachments": attachments}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	t.Fatal("nothing is said")
	return nil
}
