package azfunc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// An object is a JSON object by its exact keys. A key that comes twice counts
// the last time, as it does for the host.
type object = map[string]json.RawMessage

// An envelope is what the host posts for a trigger. It shares no bytes with
// the request.
type envelope struct {
	data     json.RawMessage // the value of the only binding
	metadata object
}

// open takes an envelope apart.
func open(b []byte) (envelope, error) {
	var parts map[string]object
	err := json.Unmarshal(b, &parts)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !ok { // a part that is no object counts as absent
		return envelope{}, fmt.Errorf("%w: decode the envelope: %w", errMalformed, err)
	}
	if n := len(parts["Data"]); n != 1 {
		return envelope{}, fmt.Errorf("%w: Data holds %d bindings, not one", errMalformed, n)
	}
	e := envelope{metadata: parts["Metadata"]}
	for _, e.data = range parts["Data"] {
	}
	return e, nil
}

// dropOverridden removes the metadata that a text body may have overwritten.
// The host copies the members of a body that is text and a JSON object over
// the metadata, whatever their case (ApplyBindingData in the host's
// Utility.cs), with a parser that accepts more than JSON: after an object that
// we cannot read, no metadata is left.
func (e *envelope) dropOverridden(body []byte) {
	body = bytes.TrimFunc(body, unicode.IsSpace)
	if !bytes.HasPrefix(body, []byte("{")) {
		return
	}
	var members object
	if err := json.Unmarshal(body, &members); err != nil {
		e.metadata = nil
		return
	}
	for member := range members {
		for name := range e.metadata {
			if strings.EqualFold(member, name) {
				delete(e.metadata, name)
			}
		}
	}
}
