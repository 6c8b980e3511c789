package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// A wireFault is a [Fault] as it is written in JSON.
type wireFault struct {
	Method     string `json:"method,omitempty"`
	Kind       Kind   `json:"kind"`
	Skip       int    `json:"skip,omitempty"`
	Times      int    `json:"times,omitempty"`
	RetryAfter string `json:"retryAfter,omitempty"` // as in "2s"
	Delay      string `json:"delay,omitempty"`
	Error      string `json:"error,omitempty"`
	Status     int    `json:"status,omitempty"`
}

// MarshalJSON writes durations as "1.5s".
func (f Fault) MarshalJSON() ([]byte, error) {
	w := wireFault{Method: f.Method, Kind: f.Kind, Skip: f.Skip, Times: f.Times, Error: f.Error, Status: f.Status}
	if f.RetryAfter != 0 {
		w.RetryAfter = f.RetryAfter.String()
	}
	if f.Delay != 0 {
		w.Delay = f.Delay.String()
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads durations as "1.5s" and refuses an unknown kind.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var w wireFault
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	retryAfter, err := duration("retryAfter", w.RetryAfter)
	if err != nil {
		return err
	}
	delay, err := duration("delay", w.Delay)
	if err != nil {
		return err
	}
	*f = Fault{
		Method: w.Method, Kind: w.Kind, Skip: w.Skip, Times: w.Times,
		RetryAfter: retryAfter, Delay: delay, Error: w.Error, Status: w.Status,
	}
	return f.check()
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
		var f Fault
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&f); err != nil {
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
