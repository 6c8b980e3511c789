package functions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// A verdict is what the host makes of a handler's answer.
type verdict struct {
	// hangs: the host waits on, although the answer is there, until
	// functionTimeout. It does so for an answer that holds no object.
	hangs bool
	logs  []string
	err   error // the invocation failed
}

// judge decides as the real host does (DefaultHttpWorkerService.cs): it wants
// a 2xx status and a JSON object of type application/json or text/json.
func judge(status int, contentType string, body []byte) verdict {
	if status < 200 || status > 299 {
		return failed("response status code does not indicate success: %d (%s)%s", status, http.StatusText(status), excerpt(body))
	}
	if len(body) == 0 {
		return verdict{hangs: true}
	}
	if kind, _, err := mime.ParseMediaType(contentType); err != nil || kind != "application/json" && kind != "text/json" {
		return failed("the answer's Content-Type is %q instead of application/json%s", contentType, excerpt(body))
	}
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	var raw json.RawMessage
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&raw) // what follows the first value is of no interest to the host
	switch {
	case errors.Is(err, io.EOF), err == nil && string(raw) == "null":
		return verdict{hangs: true}
	case err != nil:
		return failed("the answer is no JSON: %w%s", err, excerpt(body))
	}
	var result struct {
		Outputs     map[string]json.RawMessage
		Logs        []logLine
		ReturnValue json.RawMessage
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return failed("the answer is no {Outputs, Logs, ReturnValue}: %w%s", err, excerpt(body))
	}
	v := verdict{}
	for _, line := range result.Logs {
		v.logs = append(v.logs, string(line))
	}
	return v
}

func failed(format string, args ...any) verdict {
	return verdict{err: fmt.Errorf(format, args...)}
}

// A logLine is one element of Logs: a string, or a scalar in its place.
type logLine string

func (l *logLine) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		*l = logLine(v)
	case map[string]any, []any:
		return errors.New("an element of Logs is no string")
	default:
		*l = logLine(b)
	}
	return nil
}

// excerpt is the start of a handler's answer, for the person at the console.
// The real host keeps the body of a failure to itself.
func excerpt(body []byte) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(body), "\uFFFD")), " ")
	if r := []rune(s); len(r) > 500 {
		s = string(r[:500]) + "…"
	}
	if s == "" {
		return ""
	}
	return ": " + s
}
