package azfunc

import (
	"encoding/json"
	"strings"
)

// batch returns the bodies of a trigger with cardinality many: an array, or a
// string that holds one, beside metadata in arrays. With cardinality one, text
// is encoded twice, so a string that holds an array right away is a batch
// even without its metadata.
func (e *envelope) batch() ([]json.RawMessage, bool) {
	if e.describes("Array") || e.data[0] == '"' && !e.describes("") {
		return array(e.data)
	}
	return nil, false
}

// describes reports whether the metadata has a property of a message, under a
// name with this suffix.
func (e *envelope) describes(suffix string) bool {
	for _, name := range messageFields {
		if e.metadata[name+suffix] != nil {
			return true
		}
	}
	return false
}

// array returns the elements of an array, or of one in a string.
func array(raw json.RawMessage) ([]json.RawMessage, bool) {
	if raw[0] == '"' {
		raw = json.RawMessage(unquote(raw))
	}
	var all []json.RawMessage
	err := json.Unmarshal(raw, &all)
	return all, err == nil && all != nil
}

// messages combines bodies and metadata by index.
func (e *envelope) messages(bodies []json.RawMessage) []Message {
	rows := make([]object, len(bodies))
	for i := range rows {
		rows[i] = object{}
	}
	for key, raw := range e.metadata {
		if name, ok := strings.CutSuffix(key, "Array"); ok {
			column, _ := array(raw) // unreadable is unknown
			for i, value := range column[:min(len(column), len(rows))] {
				rows[i][name] = value
			}
		}
	}
	all := make([]Message, len(bodies))
	for i, raw := range bodies {
		all[i].Body = decodeElement(raw)
		all[i].fill(rows[i], false)
	}
	return all
}

// decodeElement returns the body of one message of a batch.
func decodeElement(raw json.RawMessage) []byte {
	if raw[0] != '"' {
		body, _ := decodeBody(raw)
		return body
	}
	if body, ok := decodeBase64(raw); ok {
		return body
	}
	return []byte(unquote(raw))
}
