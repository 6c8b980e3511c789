package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack/render"
	"github.com/busbell/busbell/internal/notify/web"
)

// errForm reports that Slack refused blocks, lengths or attachments; it may accept a
// plain message.
var errForm = fmt.Errorf("%w in this form", notify.ErrRejected)

// faults turn the answers of Slack into errors whose kind says what they mean, and
// which hold neither the token nor the URL.
type faults struct{ token string }

// outcome returns what the answer to a call means: nil only if Slack named the message,
// because the SDK reports no error for ok:false without the name of an error.
func (f faults) outcome(ctx context.Context, call, to, ts string, err error) error {
	if err == nil && ts == "" {
		err = errors.New("no ts in the answer")
	}
	return f.fault(ctx, call, to, err)
}

// fault gives err its kind. ctx is that of the call: if it has ended, Slack has not
// asked us to wait.
func (f faults) fault(ctx context.Context, call, to string, err error) error {
	if err == nil {
		return nil
	}
	v := classify(ctx, call, err)
	text := strings.TrimSpace("slack " + to)
	cause := call + ": " + web.Redact(f.token, v.text)
	if v.cure != "" {
		cause += "; " + v.cure
	}
	if v.kind == nil {
		return &notify.LaterError{After: v.after, Limited: v.limited, Err: fmt.Errorf("%s: %s", text, cause)}
	}
	return fmt.Errorf("%s: %w: %s", text, v.kind, cause)
}

// A class says what kind of outcome an error is (nil: nothing was sent, try later), how
// to word it, and how to fix it.
type class struct {
	kind       error
	after      time.Duration
	limited    bool // Slack limits each method, and posts in each channel
	text, cure string
}

func classify(ctx context.Context, call string, err error) class {
	err = web.Cause(err)
	if e, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return class{after: min(max(e.RetryAfter, 0), time.Hour), limited: true, text: "rate limited"}
	}
	if _, ok := errors.AsType[*strconv.NumError](err); ok { // a Retry-After that is not a number
		return class{limited: true, text: "rate limited"}
	}
	if e, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return classifyStatus(e.Code)
	}
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return classifyCode(call, e)
	}
	if call == uploading && strings.HasPrefix(err.Error(), "refusing") { // the rest holds the URL
		return class{kind: notify.ErrRejected, text: "the address for the upload is not Slack's", cure: "check SLACK_API_URL and what stands between"}
	}
	switch {
	case web.Unsent(err) && ctx.Err() != nil:
		return class{kind: notify.ErrNotSent, text: err.Error()}
	case web.Unsent(err):
		return class{text: err.Error(), cure: "check SLACK_API_URL and the network"}
	}
	return class{kind: notify.ErrUnknown, text: err.Error()}
}

func classifyStatus(code int) class {
	text := strconv.Itoa(code) + " " + http.StatusText(code)
	switch {
	case code == http.StatusTooManyRequests:
		return class{limited: true, text: "rate limited"}
	case code >= 300 && code < 500 && code != http.StatusRequestTimeout:
		return class{text: text, cure: "Slack itself does not answer so: check SLACK_API_URL and what stands between"}
	}
	return class{kind: notify.ErrUnknown, text: text}
}

const tokenCure = "set SLACK_BOT_TOKEN to the bot token (xoxb-…) of your Slack app"

// cures says how an operator can fix refusals.
var cures = map[string]string{
	"not_authed":             tokenCure,
	"invalid_auth":           tokenCure,
	"account_inactive":       tokenCure,
	"token_revoked":          tokenCure,
	"token_expired":          tokenCure,
	"not_allowed_token_type": tokenCure,
	"channel_not_found":      "check the channel's name, and invite the bot if it is private: /invite @busbell",
	"not_in_channel":         "invite the bot: /invite @busbell",
	"is_archived":            "unarchive the channel, or name another one",
	"restricted_action":      "let apps post in this channel",
	"ekm_access_denied": "ask your Slack administrators: they have suspended posting, or Slack may no longer use the encryption key (EKM) of " +
		"this channel",
	"accesslimited":      "ask your Slack administrators to add the outbound IP addresses of Busbell's function app to the allow list of the workspace",
	"org_login_required": "wait until Slack has moved the workspace into its Enterprise organization, then install the app again if its token has changed",
	"team_access_not_granted": "in the organization's settings add the app to this workspace, or set SLACK_BOT_TOKEN to the token of an installation " +
		"there",
	"file_uploads_disabled": "let the app upload files, or live with the beginning of each trace",
}

// scopes are the scopes of calls, for answers that do not name them.
var scopes = map[string]string{
	"chat.postMessage":             "chat:write",
	"chat.update":                  "chat:write",
	"conversations.list":           "channels:read",
	"conversations.replies":        "channels:history",
	"look-up":                      "channels:history (groups:history for private channels)",
	"files.getUploadURLExternal":   "files:write",
	"files.completeUploadExternal": "files:write",
}

func cure(call string, e slack.SlackErrorResponse) string {
	if e.Err != "missing_scope" {
		return cures[e.Err]
	}
	scope := render.Line(e.Needed, 100)
	if scope == "" {
		scope = scopes[call]
	}
	return strings.Join(strings.Fields("add the scope "+scope+" to your Slack app and install it again"), " ")
}

// classifyCode classifies an answer with ok:false and a code. A code that is not listed
// is a definite refusal.
func classifyCode(call string, e slack.SlackErrorResponse) class {
	var text strings.Builder
	text.WriteString(render.Line(e.Err, 100))
	for _, hint := range e.ResponseMetadata.Messages[:min(len(e.ResponseMetadata.Messages), 3)] {
		text.WriteString(" " + render.Line(hint, 200))
	}
	kind := notify.ErrRejected
	limited := e.Err == "ratelimited" || e.Err == "rate_limited"
	switch {
	case limited, e.Err == "team_added_to_org", e.Err == "org_login_required":
		kind = nil
	case slices.Contains([]string{"internal_error", "fatal_error", "request_timeout", "service_unavailable", "update_failed"}, e.Err):
		kind = notify.ErrUnknown
	case strings.HasPrefix(e.Err, "duplicate_"): // another message with our client_msg_id, or one just being made
		kind = fmt.Errorf("%w, %w", notify.ErrUnknown, notify.ErrDuplicate)
	case e.Err == "message_not_found" || e.Err == "thread_not_found":
		kind = notify.ErrGone
	case e.Err == "cant_update_message" || e.Err == "edit_window_closed":
		kind = notify.ErrUneditable
	case slices.Contains([]string{
		"invalid_blocks", "invalid_blocks_format", "invalid_attachments", "invalid_arguments", "msg_too_long",
		"msg_blocks_too_long", "too_many_attachments", "attachment_payload_limit_exceeded",
	}, e.Err):
		kind = errForm
	}
	return class{kind: kind, limited: limited, text: text.String(), cure: cure(call, e)}
}
