package azfunc

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// maxErrorText limits the error text of an answer. The log has the whole text.
const maxErrorText = 2 << 10

// errMalformed reports a request that the host would not send.
var errMalformed = errors.New("malformed request")

// errTooLong reports a body of more bytes than its route takes.
var errTooLong = errors.New("body over")

var (
	jsonType    = []string{"application/json"}
	emptyObject = []byte("{}")
)

// succeed writes the answer that the host counts as success. On an empty answer,
// or one without a content type, the host waits or counts a failure.
func succeed(w http.ResponseWriter) {
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(emptyObject) // a host that is gone needs no answer
}

// answer says that an invocation failed.
func answer(w http.ResponseWriter, err error) {
	if errors.Is(err, errTooLong) {
		refuse(w, err)
		return
	}
	fail(w, http.StatusInternalServerError, err.Error())
}

// refuse says what is wrong with the body of a request.
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, errTooLong) {
		w.Header().Set("Connection", "close") // the rest of the body stays unread
		status = http.StatusRequestEntityTooLarge
	}
	fail(w, status, err.Error())
}

// fail answers with a status that the host counts as a failure.
func fail(w http.ResponseWriter, status int, text string) {
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	body, err := json.Marshal(map[string]string{"error": text})
	if err != nil { // a map of strings always encodes
		body = emptyObject
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
