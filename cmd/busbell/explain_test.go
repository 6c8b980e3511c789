package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// explained runs explain and returns the objects it printed.
func explained(t *testing.T, args ...string) []map[string]any {
	t.Helper()
	t.Setenv("BUSBELL_CONFIG", "")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"explain", "--json"}, args...), &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	var all []map[string]any
	for line := range strings.Lines(stdout.String()) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, object)
	}
	return all
}

func TestExplainTellsOfEachFixtureWhatItsReadingSays(t *testing.T) {
	var files []string
	err := filepath.WalkDir("../../internal/failure/testdata", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	got := explained(t, files...)
	if len(got) != len(files) {
		t.Fatalf("%d objects for %d files", len(got), len(files))
	}
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var fixture struct{ Expect map[string]any }
		if err := json.Unmarshal(data, &fixture); err != nil {
			t.Fatal(err)
		}
		for key, want := range fixture.Expect {
			is, there := got[i][key]
			switch {
			case !there:
				t.Errorf("%s: no key %s", file, key)
			case key == "failedAt":
				if !near(is, want) {
					t.Errorf("%s: failedAt = %v, want %v", file, is, want)
				}
			case is != want:
				t.Errorf("%s: %s = %#v, want %#v", file, key, is, want)
			}
		}
		ignored := fixture.Expect["ignore"] == true
		if fingerprint, ok := got[i]["fingerprint"].(string); ok == ignored || !ignored && len(fingerprint) != 18 {
			t.Errorf("%s: fingerprint = %v", file, got[i]["fingerprint"])
		}
		if say, ok := got[i]["say"].([]any); !ok || len(say) == 0 != ignored {
			t.Errorf("%s: say = %v", file, got[i]["say"])
		}
		if rules, ok := got[i]["rules"].([]any); !ok || len(rules) != 0 {
			t.Errorf("%s: rules = %v without a configuration", file, got[i]["rules"])
		}
		if _, dated := fixture.Expect["failedAt"]; !dated && got[i]["failedAt"] != nil {
			t.Errorf("%s: failedAt = %v, and the message does not say", file, got[i]["failedAt"])
		}
	}
}

// near reports whether two times are within a minute.
func near(is, want any) bool {
	a, okA := is.(string)
	b, okB := want.(string)
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	return okA && okB && errX == nil && errY == nil && x.Sub(y).Abs() <= time.Minute
}

func TestExplainHasOneSetOfKeys(t *testing.T) {
	want := []string{
		"exceptionMessage", "exceptionType", "failedAt", "failingQueue", "fingerprint", "firstOwnFrame", "framework", "handler",
		"ignore", "messageType", "rules", "say",
	}
	const dir = "../../internal/failure/testdata/failed-messages/"
	for _, args := range [][]string{
		{dir + "plain-bare-message-in-error-queue.json"},
		{dir + "nservicebus-retry-acknowledgement.json"},
		{dir + "rebus-8-error-en-us.json"},
		{"--event", dir + "rebus-8-error-en-us.json"},
	} {
		var keys []string
		for key := range explained(t, args...)[0] {
			keys = append(keys, key)
		}
		if slices.Sort(keys); !slices.Equal(keys, want) {
			t.Errorf("%v: keys %q, want %q", args, keys, want)
		}
	}
}
