package azfunc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// An object is a JSON object with exact keys. Of a repeated key the last value
// counts, as it does for the host.
type object = map[string]json.RawMessage

// An envelope is the body that the host posts for a trigger. It shares no bytes
// with the request.
type envelope struct {
	data     json.RawMessage // the value of the only binding
	metadata object
}

// open decodes an envelope.
func open(b []byte) (envelope, error) {
	var parts map[string]object
	err := json.Unmarshal(b, &parts)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !ok { // a part that is not an object counts as absent
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

// dropOverridden removes the metadata that a text body may have overwritten. If
// a text body is a JSON object, the host copies its members over metadata of the
// same name, ignoring case (ApplyBindingData in the host's Utility.cs). The
// host's parser accepts more than JSON, so if the object cannot be decoded here,
// all metadata is removed.
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
