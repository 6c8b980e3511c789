package slack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

var sent = time.Unix(1_795_000_000, 0)

// messages answers with messages of the given ts and key, newest first.
func messages(next string, tsAndKey ...string) http.HandlerFunc {
	var list []string
	for i := 0; i < len(tsAndKey); i += 2 {
		list = append(list, fmt.Sprintf(
			`{"type":"message","ts":%q,"metadata":{"event_type":"busbell_notice","event_payload":{"key":%q,"ledger":"LEDGER"}}}`, tsAndKey[i], tsAndKey[i+1]))
	}
	return say(fmt.Sprintf(`{"ok":true,"messages":[%s],"response_metadata":{"next_cursor":%q}}`, strings.Join(list, ","), next))
}

func TestFindByKey(t *testing.T) {
	n := opened()
	s := serve(t)
	s.on("conversations.history",
		messages("more", "1795000009.000300", "another", "1795000008.000200", n.Key),
		messages("", "1795000007.000100", n.Key))
	r, found, err := s.channel().Find(t.Context(), n, notify.Receipt{}, sent)
	if err != nil || !found || r != (notify.Receipt{Destination: place, ID: "1795000007.000100"}) {
		t.Fatalf("Find = %v, %v, %v", r, found, err)
	}
	h := s.got("conversations.history")
	if len(h) != 2 || h[0].Get("oldest") != "1794999700.000000" || h[0].Get("include_all_metadata") != "1" || h[1].Get("cursor") != "more" {
		t.Errorf("asked %v", h)
	}
	if d := s.got("chat.delete"); len(d) != 1 || d[0].Get("ts") != "1795000008.000200" {
		t.Errorf("deleted %v, want the younger one", d)
	}
}

// Whoever shares our app has keys like ours: theirs are neither found nor deleted.
func TestFindLeavesOtherLedgersAlone(t *testing.T) {
	n := opened()
	s := serve(t)
	s.on("conversations.history", messages("", "1795000008.000200", n.Key, "1795000007.000100", n.Key))
	for _, other := range []string{"ANOTHER", ""} {
		n.Origin.Ledger = other
		if r, found, err := s.channel().Find(t.Context(), n, notify.Receipt{}, sent); found || err != nil {
			t.Errorf("Find as %q = %v, %v, %v", other, r, found, err)
		}
	}
	if d := s.got("chat.delete"); len(d) != 0 {
		t.Errorf("deleted %v", d)
	}
}

func TestFindRemarkInItsThread(t *testing.T) {
	n := opened()
	n.Act = notify.Reply
	s := serve(t)
	s.on("conversations.replies", messages("", on.ID, "page", "1795000007.000100", n.Key))
	r, found, err := s.channel().Find(t.Context(), n, on, sent)
	if err != nil || !found || r.ID != "1795000007.000100" {
		t.Fatalf("Find = %v, %v, %v", r, found, err)
	}
	if q := s.got("conversations.replies")[0]; q.Get("ts") != on.ID || q.Get("channel") != place {
		t.Errorf("asked %v", q)
	}
	s.on("conversations.replies", refuse("thread_not_found"))
	if _, found, err := s.channel().Find(t.Context(), n, on, sent); found || err != nil {
		t.Errorf("deleted thread: %v, %v, want not found", found, err)
	}
}

func TestFindTellsAbsentFromUnreadable(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		known  bool
	}{
		{"nothing there", messages(""), true},
		{"others there", messages("", "1795000007.000100", "another"), true},
		{"missing scope", refuse("missing_scope"), false},
		{"not in channel", refuse("not_in_channel"), false},
		{"broken", status(500, ``), false},
		{"limited", status(429, ``), false},
		{"dropped", hangUp, false},
		{"a page", say(`<html>`), false},
		{"refused without a word", say(`{"ok":false}`), false},
		{"without end", messages("again"), false},
	} {
		s := serve(t)
		s.on("conversations.history", tt.answer)
		_, found, err := s.channel().Find(t.Context(), opened(), notify.Receipt{}, sent)
		if found || (err == nil) != tt.known {
			t.Errorf("%s: %v, %v", tt.name, found, err)
		}
	}
}

func TestRevisionsAreNotLookedFor(t *testing.T) {
	s := serve(t)
	n := opened()
	n.Act = notify.Update
	if _, found, err := s.channel().Find(t.Context(), n, on, sent); found || err != nil || len(s.calls) != 0 {
		t.Errorf("Find = %v, %v, %d calls", found, err, len(s.calls))
	}
}

func TestLongKeysAreFoundToo(t *testing.T) {
	n := opened()
	n.Key = strings.Repeat("k", 5000)
	s := serve(t)
	c := s.channel()
	if _, err := c.Send(t.Context(), n, notify.Receipt{}); err != nil {
		t.Fatal(err)
	}
	var m struct {
		EventPayload struct{ Key string } `json:"event_payload"`
	}
	decode(t, s.got("chat.postMessage")[0].Get("metadata"), &m)
	s.on("conversations.history", messages("", on.ID, m.EventPayload.Key))
	if r, found, err := c.Find(t.Context(), n, notify.Receipt{}, sent); !found || err != nil || r != on {
		t.Errorf("Find = %v, %v, %v", r, found, err)
	}
}

// A page that the history may not know yet is there, whatever our clock says of
// its age: Slack's own tells it.
func TestAClockThatIsAheadDoesNotTakeAYoungPageForDeleted(t *testing.T) {
	theirs := time.Now().Add(-110 * time.Second)
	dated := func(body string) http.HandlerFunc {
		return status(http.StatusOK, body, "Date", theirs.UTC().Format(http.TimeFormat))
	}
	s := serve(t)
	s.on("files.getUploadURLExternal", dated(fmt.Sprintf(`{"ok":true,"upload_url":%q,"file_id":"F1"}`, s.URL+"/api/up")))
	s.on("up", dated("OK"))
	s.on("conversations.replies", dated(`{"ok":false,"error":"thread_not_found"}`))
	s.on("files.completeUploadExternal", dated(`{"ok":true,"files":[{"id":"F1"}]}`))
	n := opened()
	n.Act, n.File = notify.Reply, &notify.File{Name: "trace.txt", Content: "at Shop.Billing.Charge()"}
	c := s.channel()
	var err error
	if n.File.ID, err = c.Upload(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	page := notify.Receipt{Destination: place, ID: stamp(theirs.Add(-20 * time.Second))}
	if _, err := c.Send(t.Context(), n, page); err != nil {
		t.Error(err)
	}
}
