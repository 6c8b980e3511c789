package slack

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

func TestAnnouncePostsOnce(t *testing.T) {
	s := serve(t)
	r, err := s.channel().Send(t.Context(), opened(), notify.Receipt{})
	if err != nil || r != on {
		t.Fatalf("Send = %v, %v, want %v", r, err, on)
	}
	posts := s.got("chat.postMessage")
	if len(posts) != 1 {
		t.Fatalf("%d posts, want 1", len(posts))
	}
	p := posts[0]
	for field, want := range map[string]string{
		"channel": place, "token": token, "parse": "none", "unfurl_links": "false", "unfurl_media": "false",
		"text":          ":red_circle: 3 failed *OrderPlaced* in *shop.billing* <!subteam^S0123>",
		"metadata":      `{"event_type":"busbell_notice","event_payload":{"environment":"shop","key":"incident/f00/1@slack:#bus-errors","ledger":"LEDGER"}}`,
		"client_msg_id": uuid("LEDGER\x00incident/f00/1@slack:#bus-errors"),
		"link_names":    "", "thread_ts": "", "reply_broadcast": "",
	} {
		if got := p.Get(field); got != want || len(p[field]) > 1 {
			t.Errorf("%s = %q, want %q", field, p[field], want)
		}
	}
	var attachments []struct {
		Color  string
		Blocks []struct{ Type string }
	}
	decode(t, p.Get("attachments"), &attachments)
	if len(attachments) != 1 || attachments[0].Color != "#D00000" || len(attachments[0].Blocks) != 3 {
		t.Errorf("attachments = %+v", attachments)
	}
}

func TestReviseReplacesTextBlocksAndAttachments(t *testing.T) {
	for _, act := range []notify.Act{notify.Update, notify.Close} {
		s := serve(t)
		n := opened()
		n.Act, n.Page, n.Key, n.State = act, n.Key, n.Key+"/v2", notify.Resolved
		n.Facts, n.Trace, n.Footer, n.Mention = nil, "", nil, ""
		if r, err := s.channel().Send(t.Context(), n, on); err != nil || r != on {
			t.Fatalf("%s: Send = %v, %v", act, r, err)
		}
		u := s.got("chat.update")[0]
		for field, want := range map[string]string{
			"channel": place, "ts": on.ID, "blocks": "[]", "attachments": "[]",
			"text":     ":white_check_mark: Resolved: 3 failed *OrderPlaced* in *shop.billing*",
			"metadata": `{"event_type":"busbell_notice","event_payload":{"environment":"shop","key":"incident/f00/1@slack:#bus-errors","ledger":"LEDGER"}}`,
		} {
			if got := u.Get(field); got != want {
				t.Errorf("%s: %s = %q, want %q", act, field, got, want)
			}
		}
		if len(s.got("conversations.list")) != 0 {
			t.Errorf("%s looked up the channel although the receipt names it", act)
		}
	}
}

func TestRemarkGoesIntoTheThread(t *testing.T) {
	for _, loud := range []bool{false, true} {
		s := serve(t)
		n := notify.Notice{
			Key: "k/growing", To: "#bus-errors", Act: notify.Reply, State: notify.Open, Broadcast: loud, Mention: "<!here>",
			Headline: notify.Text{notify.Ours("10 by now")},
		}
		if _, err := s.channel().Send(t.Context(), n, on); err != nil {
			t.Fatal(err)
		}
		p := s.got("chat.postMessage")[0]
		text, broadcast := "10 by now", ""
		if loud {
			text, broadcast = ":red_circle: 10 by now <!here>", "true"
		}
		if p.Get("thread_ts") != on.ID || p.Get("reply_broadcast") != broadcast || p.Get("text") != text {
			t.Errorf("loud %v: %v", loud, p)
		}
	}
}

func TestReplyToADeletedMessageIsTakenBack(t *testing.T) {
	s := serve(t)
	s.on("chat.postMessage", say(`{"ok":true,"channel":"C0BUSERRORS","ts":"1795000009.000100","message":{"ts":"1795000009.000100"}}`))
	n := opened()
	n.Act = notify.Reply
	if _, err := s.channel().Send(t.Context(), n, on); !errors.Is(err, notify.ErrGone) {
		t.Errorf("err = %v, want gone", err)
	}
	if d := s.got("chat.delete"); len(d) != 1 || d[0].Get("ts") != "1795000009.000100" {
		t.Errorf("deleted %v", d)
	}
}

func TestActsWithoutAPageAreRejected(t *testing.T) {
	s := serve(t)
	for _, act := range []notify.Act{notify.Update, notify.Reply, notify.Close, "dance"} {
		n := opened()
		n.Act = act
		if _, err := s.channel().Send(t.Context(), n, notify.Receipt{}); !errors.Is(err, notify.ErrRejected) {
			t.Errorf("%s: %v", act, err)
		}
	}
	if len(s.calls) != 0 {
		t.Errorf("calls = %v", s.calls)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	later := errors.New("later")
	for _, tt := range []struct {
		name     string
		answer   http.HandlerFunc
		kind     error
		after    time.Duration
		contains string
		posts    int
	}{
		{"rate limited for a while", status(429, ``, "Retry-After", "7"), later, 7 * time.Second, "rate limited", 1},
		{"rate limited until a date", status(429, ``, "Retry-After", "Tue, 24 Nov 2026 10:00:00 GMT"), later, 0, "rate limited", 1},
		{"rate limited", status(429, ``), later, 0, "rate limited", 1},
		{"rate limited in words", refuse("ratelimited"), later, 0, "ratelimited", 1},
		{"not found", status(404, `<html>`), later, 0, "check SLACK_API_URL", 1},
		{"redirected", status(307, ``, "Location", "/api/elsewhere"), later, 0, "check SLACK_API_URL", 1},
		{"broken", status(500, `{"ok":false}`), notify.ErrUnknown, 0, "500", 1},
		{"unavailable", status(503, `<html>`), notify.ErrUnknown, 0, "503", 1},
		{"a page instead", say(`<html>hello</html>`), notify.ErrUnknown, 0, "invalid character", 1},
		{"half an answer", say(`{"ok":true,"channel":"C0BUS`), notify.ErrUnknown, 0, "unexpected EOF", 1},
		{"dropped", hangUp, notify.ErrUnknown, 0, "EOF", 1},
		{"refused without a word", say(`{"ok":false}`), notify.ErrUnknown, 0, "no ts", 1},
		{"no ts", say(`{"ok":true,"channel":"C0BUSERRORS"}`), notify.ErrUnknown, 0, "no ts", 1},
		{"internal error", refuse("internal_error"), notify.ErrUnknown, 0, "internal_error", 1},
		{"fatal error", refuse("fatal_error"), notify.ErrUnknown, 0, "fatal_error", 1},
		{"duplicate", refuse("duplicate_message_not_found"), notify.ErrUnknown, 0, "duplicate", 1},
		{"duplicate, so that another id is needed", refuse("duplicate_message_not_found"), notify.ErrDuplicate, 0, "duplicate", 1},
		{"not in channel", refuse("not_in_channel"), notify.ErrRejected, 0, "slack #bus-errors: rejected: chat.postMessage: not_in_channel; invite the bot: /invite @busbell", 1},
		{"archived", refuse("is_archived"), notify.ErrRejected, 0, "unarchive", 1},
		{"bad token", refuse("invalid_auth"), notify.ErrRejected, 0, "set SLACK_BOT_TOKEN", 1},
		{"posting suspended", refuse("ekm_access_denied"), notify.ErrRejected, 0, "ekm_access_denied; ask your Slack administrators", 1},
		{"network not allowed", refuse("accesslimited"), notify.ErrRejected, 0, "accesslimited; ask your Slack administrators to add the outbound IP addresses", 1},
		{"workspace is being moved", refuse("org_login_required"), later, 0, "org_login_required; wait until", 1},
		{"not in this workspace", refuse("team_access_not_granted"), notify.ErrRejected, 0, "team_access_not_granted; in the organization's settings add the app", 1},
		{"missing scope", say(`{"ok":false,"error":"missing_scope","needed":"chat:write"}`), notify.ErrRejected, 0, "missing_scope; add the scope chat:write to your Slack app", 1},
		{"missing scope without a word", refuse("missing_scope"), notify.ErrRejected, 0, "add the scope chat:write", 1},
		{"never heard of", refuse("moon_phase"), notify.ErrRejected, 0, "moon_phase", 1},
		{"blocks", say(`{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["must be less than 3001 characters"]}}`), notify.ErrRejected, 0, "less than 3001", 2},
		{"too long", refuse("msg_too_long"), notify.ErrRejected, 0, "msg_too_long", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t)
			s.on("chat.postMessage", tt.answer)
			_, err := s.channel().Send(t.Context(), opened(), notify.Receipt{})
			if err == nil {
				t.Fatal("no error")
			}
			e, isLater := errors.AsType[*notify.LaterError](err)
			if isLater != errors.Is(tt.kind, later) || !isLater && !errors.Is(err, tt.kind) {
				t.Errorf("err = %v, want kind %v", err, tt.kind)
			}
			if isLater && e.After != tt.after {
				t.Errorf("after = %v, want %v", e.After, tt.after)
			}
			if !strings.Contains(err.Error(), tt.contains) {
				t.Errorf("err = %v, want it to contain %q", err, tt.contains)
			}
			if n := len(s.got("chat.postMessage")); n != tt.posts {
				t.Errorf("%d posts, want %d", n, tt.posts)
			}
		})
	}
}

func TestWhatARefusedUpdateMeans(t *testing.T) {
	for code, want := range map[string]error{
		"message_not_found": notify.ErrGone, "cant_update_message": notify.ErrUneditable, "edit_window_closed": notify.ErrUneditable,
		"msg_too_long": notify.ErrUneditable, "not_in_channel": notify.ErrRejected, "update_failed": notify.ErrUnknown,
	} {
		s := serve(t)
		s.on("chat.update", refuse(code))
		n := opened()
		n.Act, n.Page = notify.Update, n.Key
		_, err := s.channel().Send(t.Context(), n, on)
		if !errors.Is(err, want) || errors.Is(err, notify.ErrUneditable) && errors.Is(err, notify.ErrRejected) {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
}

func TestThePlaceGivenIsNotLookedUp(t *testing.T) {
	s := serve(t)
	if _, err := s.channel().Send(t.Context(), opened(), notify.Receipt{Destination: "C0OTHER"}); err != nil {
		t.Fatal(err)
	}
	if p := s.got("chat.postMessage")[0]; p.Get("channel") != "C0OTHER" || len(s.got("conversations.list")) != 0 {
		t.Errorf("posted to %s, listed %d times", p.Get("channel"), len(s.got("conversations.list")))
	}
}

func TestEachRoundHasAnIDOfItsOwn(t *testing.T) {
	s := serve(t)
	n := opened()
	for round := range 3 {
		n.Repost = round
		if _, err := s.channel().Send(t.Context(), n, notify.Receipt{}); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for _, p := range s.got("chat.postMessage") {
		ids[p.Get("client_msg_id")] = true
	}
	if len(ids) != 3 {
		t.Errorf("ids %v, want 3", ids)
	}
}

func TestRefusedBlocksAreSaidPlainly(t *testing.T) {
	s := serve(t)
	s.on("chat.postMessage", refuse("invalid_blocks"), say(`{"ok":true,"channel":"C0BUSERRORS","ts":"1795000000.000100"}`))
	if r, err := s.channel().Send(t.Context(), opened(), notify.Receipt{}); err != nil || r != on {
		t.Fatalf("Send = %v, %v", r, err)
	}
	p := s.got("chat.postMessage")
	if len(p) != 2 || p[1].Get("attachments") != "[]" || p[1].Get("text") != p[0].Get("text") || p[1].Get("metadata") != p[0].Get("metadata") {
		t.Errorf("posts = %v", p)
	}
}

// silent is a Slack that takes each request and never answers.
type silent struct{ requests int }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A fake clock: under load a real deadline may pass before the request is sent.
func TestSlowSlackIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s silent
		n := opened()
		n.To = place // its channel's id, which needs no call
		c := New(Config{Token: token, Timeout: 50 * time.Millisecond}, &s)
		if _, err := c.Send(t.Context(), n, notify.Receipt{}); !errors.Is(err, notify.ErrUnknown) {
			t.Errorf("own timeout: %v, want unknown", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := New(Config{Token: token}, &s).Send(ctx, n, notify.Receipt{}); !errors.Is(err, notify.ErrUnknown) {
			t.Errorf("caller's deadline: %v, want unknown", err)
		}
		if _, err := c.Send(ctx, n, notify.Receipt{}); !errors.Is(err, notify.ErrNotSent) {
			t.Errorf("context over before: %v, want unsaid", err)
		}
		if s.requests != 2 {
			t.Errorf("%d posts, want 2", s.requests)
		}
	})
}

func TestNoConnectionIsLater(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	n := opened()
	n.To = place // no listing before the post
	_, err = New(Config{Token: token, BaseURL: addr}, nil).Send(t.Context(), n, notify.Receipt{})
	if !isLater(err) || !strings.Contains(err.Error(), "SLACK_API_URL") {
		t.Errorf("err = %v, want later", err)
	}
}

func isLater(err error) bool {
	_, ok := errors.AsType[*notify.LaterError](err)
	return ok
}

func TestErrorsKeepTheToken(t *testing.T) {
	n := opened()
	n.To = place
	echo := serve(t)
	echo.on("chat.postMessage", refuse("no "+token))
	down := httpError{&net.OpError{Op: "read", Err: errors.New("broken near " + token)}}
	for name, c := range map[string]*Channel{
		"echoed":   echo.channel(),
		"bad URL":  New(Config{Token: token, BaseURL: "http://chat.example"}, nil),
		"in a url": New(Config{Token: token}, down),
	} {
		_, err := c.Send(t.Context(), n, notify.Receipt{})
		if err == nil || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "slack.com") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	for _, p := range (Config{Token: token + "\n", BaseURL: "https://me:" + token + "@x.example/?" + token}).Validate() {
		if strings.Contains(p.String(), token) {
			t.Errorf("problem prints the token: %v", p)
		}
	}
}

type httpError struct{ err error }

func (e httpError) RoundTrip(*http.Request) (*http.Response, error) { return nil, e.err }

func TestHugeAnswersAreCutOff(t *testing.T) {
	s := serve(t)
	s.on("chat.postMessage", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"ok":true,"text":"`))
		for junk := []byte(strings.Repeat("x", 64<<10)); ; {
			if _, err := w.Write(junk); err != nil {
				return
			}
		}
	})
	if _, err := s.channel().Send(t.Context(), opened(), notify.Receipt{}); !errors.Is(err, notify.ErrUnknown) {
		t.Errorf("err = %v, want unknown", err)
	}
}

func TestSendsSideBySide(t *testing.T) {
	s := serve(t)
	c := s.channel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Send(t.Context(), opened(), notify.Receipt{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.got("conversations.list")); n != 1 {
		t.Errorf("listed %d times, want 1", n)
	}
}
