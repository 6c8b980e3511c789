package slack

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// element checks a button or a menu.
func (ck *check) element(at string, v any) {
	e, ok := v.(object)
	if !ok {
		ck.fail(at, "must be an object")
		return
	}
	if e["action_id"] != nil {
		ck.length(at+"/action_id", e["action_id"], 1, 255)
	}
	if e["confirm"] != nil {
		ck.confirm(at+"/confirm", e["confirm"])
	}
	switch kind, _ := e["type"].(string); kind {
	case "button":
		ck.button(at, e)
	case "overflow":
		ck.options(at+"/options", e["options"], 5)
	case "static_select", "multi_static_select", "checkboxes", "radio_buttons":
		ck.options(at+"/options", e["options"], 100)
	case "image", "datepicker", "timepicker", "users_select", "channels_select", "conversations_select":
	default:
		ck.fail(at+"/type", "unsupported type: %q", kind)
	}
}

func (ck *check) button(at string, e object) {
	ck.text(at+"/text", e["text"], 75, "plain_text")
	if e["value"] != nil {
		ck.length(at+"/value", e["value"], 1, 2000)
	}
	if e["url"] != nil {
		ck.length(at+"/url", e["url"], 1, 3000)
	}
	if s := e["style"]; s != nil && s != "primary" && s != "danger" {
		ck.fail(at+"/style", "must be one of: primary, danger")
	}
}

func (ck *check) options(at string, v any, most int) {
	for i, o := range ck.list(at, v, 1, most) {
		where := fmt.Sprintf("%s/%d", at, i)
		option, _ := o.(object)
		ck.text(where+"/text", option["text"], 75, "plain_text", "mrkdwn")
		ck.length(where+"/value", option["value"], 1, 150)
	}
}

func (ck *check) confirm(at string, v any) {
	c, _ := v.(object)
	ck.text(at+"/title", c["title"], 100, "plain_text")
	ck.text(at+"/text", c["text"], 300, "plain_text", "mrkdwn")
	ck.text(at+"/confirm", c["confirm"], 30, "plain_text")
	ck.text(at+"/deny", c["deny"], 30, "plain_text")
}

func (ck *check) contextElement(at string, v any) {
	e, _ := v.(object)
	if e["type"] == "image" {
		ck.length(at+"/alt_text", e["alt_text"], 1, 2000)
		return
	}
	ck.text(at, v, 3000, "mrkdwn", "plain_text")
}

func (ck *check) richText(at string, b object) {
	known := []string{"rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list"}
	for i, v := range ck.list(at+"/elements", b["elements"], 1, 1000) {
		e, _ := v.(object)
		where := fmt.Sprintf("%s/elements/%d", at, i)
		if kind, _ := e["type"].(string); !slices.Contains(known, kind) {
			ck.fail(where+"/type", "unsupported type: %q", kind)
		}
		if _, ok := e["elements"].([]any); !ok {
			ck.fail(where, "missing required field: elements")
		}
	}
}

// text checks a text object: its type and 1 to most runes.
func (ck *check) text(at string, v any, most int, types ...string) {
	t, ok := v.(object)
	if !ok {
		ck.fail(at, "missing required field: %s", at[strings.LastIndexByte(at, '/')+1:])
		return
	}
	if kind, _ := t["type"].(string); !slices.Contains(types, kind) {
		ck.fail(at+"/type", "must be one of: %s", strings.Join(types, ", "))
	}
	ck.length(at+"/text", t["text"], 1, most)
}

func (ck *check) length(at string, v any, least, most int) {
	text, ok := v.(string)
	switch n := utf8.RuneCountInString(text); {
	case !ok:
		ck.fail(at, "must be a string")
	case n < least:
		ck.fail(at, "must be more than %d characters", least-1)
	case n > most:
		ck.fail(at, "must be less than %d characters", most+1)
	}
}

func (ck *check) list(at string, v any, least, most int) []any {
	list, ok := v.([]any)
	switch {
	case !ok:
		ck.fail(at, "must be an array")
	case len(list) < least:
		ck.fail(at, "must have at least %d items", least)
	case len(list) > most:
		ck.fail(at, "no more than %d items allowed", most)
	}
	return list
}
