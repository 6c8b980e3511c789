package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack/render"
	"github.com/busbell/busbell/internal/setting"
)

// ErrForged reports that a request does not carry Slack's signature, or that
// it is older than five minutes.
var ErrForged = errors.New("not signed by Slack")

// A Listener understands the clicks that Slack posts.
type Listener struct {
	Secret setting.Secret // the app's signing secret
}

// Clicks reads the clicks in a request: body is its bytes as they came. There
// are none in what is signed but is no click on a message. What a click holds
// has the right shape and is otherwise whatever a person sent: who is allowed
// what, whose button it is and whether its value means anything, is for others
// to say. An error about some clicks stands beside those that are good.
func (l Listener) Clicks(header http.Header, body []byte) ([]notify.Click, error) {
	if err := l.verify(header, body); err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the body is no form")
	}
	var p payload
	if err := json.Unmarshal([]byte(form.Get("payload")), &p); err != nil {
		return nil, errors.New("the payload is not what Slack would send")
	}
	if p.Type != "block_actions" || len(p.Container.MessageTS) == 0 {
		return nil, nil
	}
	var clicks []notify.Click
	var errs []error
	for _, a := range p.Actions[:min(len(p.Actions), render.MaxButtons)] {
		c, err := p.click(a)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		clicks = append(clicks, c)
	}
	return clicks, errors.Join(errs...)
}

// Admit reports, by its header alone, a request that Slack cannot have signed
// lately: [ErrForged].
func (l Listener) Admit(header http.Header) error {
	_, err := l.verifier(header)
	return err
}

// signature is what Slack's looks like.
var signature = regexp.MustCompile(`^v0=[0-9a-f]{64}$`)

func (l Listener) verifier(header http.Header) (slack.SecretsVerifier, error) {
	if l.Secret == "" {
		return slack.SecretsVerifier{}, fmt.Errorf("%w: there is no signing secret", ErrForged)
	}
	v, err := slack.NewSecretsVerifier(header, string(l.Secret))
	if err == nil && !signature.MatchString(header.Get("X-Slack-Signature")) {
		return slack.SecretsVerifier{}, ErrForged
	}
	return v, forged(err)
}

func (l Listener) verify(header http.Header, body []byte) error {
	v, err := l.verifier(header)
	if err == nil {
		_, _ = v.Write(body) // into a hash
		err = forged(v.Ensure())
	}
	return err
}

// forged is an error of the SDK's as one of ours.
func forged(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, slack.ErrMissingHeaders), errors.Is(err, slack.ErrExpiredTimestamp):
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	return ErrForged // the SDK's other errors may repeat what was sent
}

// A payload is what we read of what Slack posts.
type payload struct {
	Type      string
	User      struct{ ID string }
	Team      struct{ ID string }
	Channel   struct{ ID string }
	Container struct {
		MessageTS string `json:"message_ts"`
	}
	ResponseURL string `json:"response_url"`
	Actions     []action
}

type action struct {
	ID    string `json:"action_id"`
	Value string
	TS    string `json:"action_ts"`
}

var (
	teamPattern   = regexp.MustCompile(`^[TE][A-Z0-9]{1,30}$`)
	actionPattern = regexp.MustCompile(`^[a-z][a-z0-9/-]{0,50}$`)
	stampPattern  = regexp.MustCompile(`^[0-9]{1,12}\.[0-9]{1,6}$`)
)

func (p payload) click(a action) (notify.Click, error) {
	switch {
	case !render.PersonID.MatchString(p.User.ID):
		return notify.Click{}, errors.New("the click has no user")
	case !teamPattern.MatchString(p.Team.ID), !idPattern.MatchString(p.Channel.ID):
		return notify.Click{}, errors.New("the click comes from no channel")
	case !actionPattern.MatchString(a.ID), !stampPattern.MatchString(a.TS), !stampPattern.MatchString(p.Container.MessageTS):
		return notify.Click{}, errors.New("the click is on no button of ours")
	case len(a.Value) > render.MaxValue:
		return notify.Click{}, fmt.Errorf("the button's value has %d bytes", len(a.Value))
	}
	at, err := strconv.ParseFloat(a.TS, 64)
	if err != nil {
		return notify.Click{}, fmt.Errorf("the click's time: %w", err)
	}
	origin, value := render.ReadValue(a.Value)
	return notify.Click{
		Action: a.ID, Value: value, By: p.User.ID, At: time.UnixMilli(int64(at * 1000)).UTC(),
		Origin: origin, Answer: setting.Secret(p.ResponseURL),
	}, nil
}
