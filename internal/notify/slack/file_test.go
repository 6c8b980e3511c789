package slack_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack"
)

// workspace is a Slack with one page in #bus-errors, as old as that.
func workspace(t *testing.T, age time.Duration) (*emulator.Server, *slack.Channel, notify.Receipt) {
	t.Helper()
	s := emulator.New(emulator.Config{Channels: []string{"bus-errors"}, Strict: true, Now: func() time.Time { return time.Now().Add(-age) }})
	at := httptest.NewServer(s)
	t.Cleanup(at.Close)
	c := slack.New(slack.Config{Token: "xoxb-0000-demo-0000", BaseURL: at.URL, Timeout: 5 * time.Second}, nil)
	page, err := c.Send(t.Context(), notify.Notice{
		Key: "page", To: "#bus-errors", Act: notify.Post, State: notify.Open, Headline: notify.Text{notify.Ours("3 failed")},
	}, notify.Receipt{})
	if err != nil {
		t.Fatal(err)
	}
	return s, c, page
}

func withTrace() notify.Notice {
	return notify.Notice{
		Key: "page/trace", To: "#bus-errors", Act: notify.Reply, Page: "page", State: notify.Open,
		Headline: notify.Text{notify.Ours("The whole trace of "), notify.Foreign("<!channel> & *co*")},
		Lines:    []notify.Text{{notify.Ours("told because: first seen")}},
		File:     &notify.File{Name: "trace.txt", Content: strings.Repeat("   at Shop.Billing.Charge()\n", 500)},
	}
}

func TestAFileGoesIntoTheThread(t *testing.T) {
	s, c, page := workspace(t, 0)
	n := withTrace()
	id, err := c.Upload(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	replies := func() []emulator.Message { return s.Snapshot().Channel("#bus-errors").Replies(page.ID) }
	if len(replies()) != 0 {
		t.Error("the file is shown before it is sent")
	}
	n.File.ID = id
	if _, found, err := c.Find(t.Context(), n, page, time.Now()); found || err != nil {
		t.Errorf("found before it was sent: %v, %v", found, err)
	}
	if _, err := c.Send(t.Context(), n, page); err != nil {
		t.Fatal(err)
	}
	got := replies()
	if len(got) != 1 || len(got[0].Files) != 1 || got[0].Files[0].ID != id {
		t.Fatalf("thread = %+v", got)
	}
	if want := "The whole trace of `&lt;!channel&gt; &amp; *co*`\ntold because: first seen"; got[0].Text != want {
		t.Errorf("text = %q, want %q", got[0].Text, want)
	}
	if content, _ := s.File(id); string(content) != n.File.Content {
		t.Errorf("%d bytes arrived, want %d", len(content), len(n.File.Content))
	}
	r, found, err := c.Find(t.Context(), n, page, time.Now())
	if !found || err != nil || r.ID != got[0].TS {
		t.Errorf("Find = %v, %v, %v", r, found, err)
	}
}

func TestAFileThatWasNotUploadedIsNotLookedFor(t *testing.T) {
	_, c, page := workspace(t, 0)
	if _, found, err := c.Find(t.Context(), withTrace(), page, time.Now()); found || err != nil {
		t.Errorf("Find = %v, %v", found, err)
	}
}

func TestAFileOfADeletedMessageDoesNotLandInTheChannel(t *testing.T) {
	s, c, page := workspace(t, 5*time.Minute)
	n := withTrace()
	id, err := c.Upload(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	n.File.ID = id
	s.Delete(page.Destination, page.ID)
	if _, err := c.Send(t.Context(), n, page); !errors.Is(err, notify.ErrGone) {
		t.Errorf("err = %v, want gone", err)
	}
	if roots := s.Snapshot().Channel("#bus-errors").Roots(); len(roots) != 0 {
		t.Errorf("the channel holds %+v", roots)
	}
}

func TestUploadsSayWhichScopeIsMissing(t *testing.T) {
	s, c, _ := workspace(t, 0)
	s.Fail(control.Fault{Method: "files.getUploadURLExternal", Kind: control.Refuse, Error: "missing_scope"})
	_, err := c.Upload(t.Context(), withTrace())
	if !errors.Is(err, notify.ErrRejected) || !strings.Contains(err.Error(), "add the scope files:write to your Slack app") {
		t.Errorf("err = %v", err)
	}
}

func TestUploadsThatFailHaveShownNothing(t *testing.T) {
	for _, method := range []string{"files.getUploadURLExternal", "upload"} {
		for _, kind := range []control.Kind{control.RateLimit, control.ServerErrorAfterAccept, control.DropAfterAccept, control.HTML} {
			s, c, page := workspace(t, 0)
			s.Fail(control.Fault{Method: method, Kind: kind, Times: 1})
			_, err := c.Upload(t.Context(), withTrace())
			looksWell := method == "upload" && kind == control.HTML // Slack says so only when the file is to be shown
			if err == nil && !looksWell {
				t.Errorf("%s, %s: no error", method, kind)
			}
			if err != nil && strings.Contains(err.Error(), "/upload/") {
				t.Errorf("%s, %s: the error holds the address: %v", method, kind, err)
			}
			if got := s.Snapshot().Channel("#bus-errors").Replies(page.ID); len(got) != 0 {
				t.Errorf("%s, %s: the thread holds %+v", method, kind, got)
			}
		}
	}
}
