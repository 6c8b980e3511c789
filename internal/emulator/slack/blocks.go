package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// An object is a JSON object of the bot's: a block, an element, a text.
type object = map[string]any

const (
	maxBlocks      = 50
	maxAttachments = 100
)

// readBlocks checks a list of blocks and gives an id to those without one.
// "" and an empty list are nil.
func readBlocks(raw string) (json.RawMessage, error) {
	if raw == "" {
		return nil, nil
	}
	list, ok := decodeList(raw)
	if !ok {
		return nil, refuse("invalid_blocks_format")
	}
	var ck check
	ck.blocks("/blocks", list)
	return ck.result(list)
}

// readAttachments checks a list of attachments with the blocks in them.
func readAttachments(raw string) (json.RawMessage, error) {
	if raw == "" {
		return nil, nil
	}
	list, ok := decodeList(raw)
	if !ok {
		return nil, refuse("invalid_attachments")
	}
	if len(list) > maxAttachments {
		return nil, refuse("too_many_attachments")
	}
	var ck check
	for i, item := range list {
		at := fmt.Sprintf("/attachments/%d", i)
		a, ok := item.(object)
		if !ok {
			return nil, refuse("invalid_attachments")
		}
		if blocks, given := a["blocks"].([]any); given {
			ck.blocks(at+"/blocks", blocks)
		} else if a["blocks"] != nil {
			ck.fail(at+"/blocks", "must be an array")
		}
		a["id"] = i + 1
		if a["fallback"] == nil {
			a["fallback"] = "[no preview available]"
		}
	}
	return ck.result(list)
}

func decodeList(raw string) ([]any, bool) {
	d := json.NewDecoder(bytes.NewReader([]byte(raw)))
	d.UseNumber()
	var list []any
	if d.Decode(&list) != nil || d.More() {
		return nil, false
	}
	return list, true
}

// A check gathers all that is wrong with the blocks of a message.
type check struct {
	wrong    []string
	ids      map[string]bool
	markdown int // runes in markdown blocks
}

func (ck *check) fail(at, format string, args ...any) {
	ck.wrong = append(ck.wrong, "[ERROR] "+fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

// result is the list as it is kept, or what is wrong with it.
func (ck *check) result(list []any) (json.RawMessage, error) {
	if len(ck.wrong) > 0 {
		return nil, refusal{code: "invalid_blocks", messages: ck.wrong}
	}
	if len(list) == 0 {
		return nil, nil
	}
	kept, err := json.Marshal(list)
	if err != nil {
		return nil, refuse("invalid_blocks_format")
	}
	return kept, nil
}

func (ck *check) blocks(at string, list []any) {
	if len(list) > maxBlocks {
		ck.fail(at, "no more than %d items allowed", maxBlocks)
		return
	}
	for i, item := range list {
		where := fmt.Sprintf("%s/%d", at, i)
		b, ok := item.(object)
		if !ok {
			ck.fail(where, "must be an object")
			continue
		}
		ck.block(where, b)
		ck.blockID(where, b)
	}
}

// blockID refuses a repeated id and gives one where there is none.
func (ck *check) blockID(at string, b object) {
	if ck.ids == nil {
		ck.ids = map[string]bool{}
	}
	given, _ := b["block_id"].(string)
	if given == "" {
		given = id("", at)[:5]
		b["block_id"] = given
	}
	ck.length(at+"/block_id", given, 1, 255)
	if ck.ids[given] {
		ck.fail(at+"/block_id", "block_id %q already exists", given)
	}
	ck.ids[given] = true
}

func (ck *check) block(at string, b object) {
	switch kind, _ := b["type"].(string); kind {
	case "section":
		ck.section(at, b)
	case "header":
		ck.text(at+"/text", b["text"], 150, "plain_text")
	case "context":
		for i, e := range ck.list(at+"/elements", b["elements"], 1, 10) {
			ck.contextElement(fmt.Sprintf("%s/elements/%d", at, i), e)
		}
	case "actions":
		for i, e := range ck.list(at+"/elements", b["elements"], 1, 25) {
			ck.element(fmt.Sprintf("%s/elements/%d", at, i), e)
		}
	case "rich_text":
		ck.richText(at, b)
	case "image":
		ck.length(at+"/alt_text", b["alt_text"], 1, 2000)
	case "markdown":
		text, _ := b["text"].(string)
		if ck.markdown += len([]rune(text)); ck.markdown > 12_000 {
			ck.fail(at+"/text", "must be less than 12001 characters in all markdown blocks")
		}
	case "divider", "video", "file", "table":
	default:
		ck.fail(at+"/type", "unsupported type: %q", kind)
	}
}

func (ck *check) section(at string, b object) {
	if b["text"] == nil && b["fields"] == nil {
		ck.fail(at, "missing required field: text or fields")
	}
	if b["text"] != nil {
		ck.text(at+"/text", b["text"], 3000, "mrkdwn", "plain_text")
	}
	if b["fields"] != nil {
		for i, f := range ck.list(at+"/fields", b["fields"], 1, 10) {
			ck.text(fmt.Sprintf("%s/fields/%d", at, i), f, 2000, "mrkdwn", "plain_text")
		}
	}
	if b["accessory"] != nil {
		ck.element(at+"/accessory", b["accessory"])
	}
}
