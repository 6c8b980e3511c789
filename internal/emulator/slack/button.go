package slack

import (
	"encoding/json"
	"fmt"
)

// action is the button or menu that a click means, as the payload's action,
// and the id of the attachment that it lies in. nil: there is none.
func (m *Message) action(c Click) (action object, attachment int) {
	if a := find(objects(m.Blocks), c); a != nil {
		return a, 0
	}
	for i, a := range objects(m.Attachments) {
		if found := find(inner(a, "blocks"), c); found != nil {
			return found, i + 1
		}
	}
	return nil, 0
}

func find(blocks []object, c Click) object {
	for _, b := range blocks {
		block, _ := b["block_id"].(string)
		if c.BlockID != "" && c.BlockID != block {
			continue
		}
		elements := inner(b, "elements")
		if accessory, ok := b["accessory"].(object); ok {
			elements = append(elements, accessory)
		}
		for _, e := range elements {
			if e["action_id"] == c.ActionID && e["url"] == nil {
				return used(e, block, c.Option)
			}
		}
	}
	return nil
}

// used is an element as it stands among a payload's actions.
func used(e object, block, option string) object {
	action := object{"block_id": block}
	for _, name := range []string{"action_id", "type", "text", "value", "style"} {
		if e[name] != nil {
			action[name] = e[name]
		}
	}
	for _, o := range inner(e, "options") {
		if fmt.Sprint(o["value"]) == option {
			action["selected_option"] = o
		}
	}
	return action
}

func objects(raw json.RawMessage) []object {
	var list []object
	if len(raw) == 0 || json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

func inner(o object, name string) []object {
	list, _ := o[name].([]any)
	var found []object
	for _, v := range list {
		if e, ok := v.(object); ok {
			found = append(found, e)
		}
	}
	return found
}
