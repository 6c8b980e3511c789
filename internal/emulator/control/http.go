package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A wireFault is a [Fault] as it is written in JSON.
type wireFault struct {
	Method     string `json:"method,omitempty"`
	Entity     string `json:"entity,omitempty"`
	Kind       Kind   `json:"kind"`
	Skip       int    `json:"skip,omitempty"`
	Times      int    `json:"times,omitempty"`
	For        string `json:"for,omitempty"`
	RetryAfter string `json:"retryAfter,omitempty"` // as in "2s"
	Delay      string `json:"delay,omitempty"`
	Error      string `json:"error,omitempty"`
	Status     int    `json:"status,omitempty"`
	Count      int    `json:"count,omitempty"`
}

// MarshalJSON writes durations as "1.5s".
func (f Fault) MarshalJSON() ([]byte, error) {
	text := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	return json.Marshal(wireFault{
		Method: f.Method, Entity: f.Entity, Kind: f.Kind, Skip: f.Skip, Times: f.Times, For: text(f.For),
		RetryAfter: text(f.RetryAfter), Delay: text(f.Delay), Error: f.Error, Status: f.Status, Count: f.Count,
	})
}

// UnmarshalJSON reads durations as "1.5s". It refuses unknown fields: without
// its misspelt method a fault would meet every call.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var w wireFault
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return mistake(err)
	}
	*f = Fault{
		Method: w.Method, Entity: w.Entity, Kind: w.Kind, Skip: w.Skip, Times: w.Times,
		Error: w.Error, Status: w.Status, Count: w.Count,
	}
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{{"for", w.For, &f.For}, {"retryAfter", w.RetryAfter, &f.RetryAfter}, {"delay", w.Delay, &f.Delay}} {
		var err error
		if *d.to, err = duration(d.name, d.text); err != nil {
			return err
		}
	}
	return nil
}

// mistake says what is wrong with the JSON of a fault in its own terms.
func mistake(err error) error {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	case e.Field == "":
		return fmt.Errorf(`need an object such as {"kind":"drop","times":1}, not %s`, e.Value)
	default:
		return fmt.Errorf("%s: need %v, not %s", e.Field, e.Type, e.Value)
	}
}

// readFault reads the one fault of a request's body.
func readFault(body io.Reader) (f Fault, err error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return f, err
	}
	if err = json.Unmarshal(text, &f); err != nil {
		if _, broken := errors.AsType[*json.SyntaxError](err); broken {
			return f, fmt.Errorf(`the body is not one JSON object such as {"kind":"drop","times":1}: %w`, err)
		}
	}
	return f, err
}

func duration(name, s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%s: %q is not a duration such as "2s"`, name, s)
	}
	return d, nil
}

// ServeHTTP shows the faults (GET), adds one given as JSON (POST) or takes
// all back (DELETE). It is meant to stand behind [Local].
func (k *Knobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		f, err := readFault(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			err = k.check(f)
		}
		if err != nil {
			http.Error(w, "fault: "+err.Error(), http.StatusBadRequest)
			return
		}
		k.Fail(f)
	case http.MethodDelete:
		k.Heal()
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		http.Error(w, "GET, POST or DELETE", http.StatusMethodNotAllowed)
		return
	}
	faults := k.Faults()
	if faults == nil {
		faults = []Fault{}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]any{"faults": faults})
}
