package functions

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestAnswersAreJudgedAsByTheRealHost(t *testing.T) {
	raw, err := os.ReadFile("testdata/reactions/timer.json")
	if err != nil {
		t.Fatal(err)
	}
	var recording struct {
		Rows []struct {
			Case, Answer, Result string
			Why                  []string
		}
	}
	if err := json.Unmarshal(raw, &recording); err != nil {
		t.Fatal(err)
	}
	answer := regexp.MustCompile(`^(\d+) (?:.*Content-Type: (.*?)|\(no Content-Type\)) body (".*")$`)
	judged := 0
	for _, row := range recording.Rows {
		m := answer.FindStringSubmatch(row.Answer)
		if m == nil || strings.HasPrefix(m[1], "3") {
			continue // no answer, a raw or a late one, or a redirect: for a socket to show
		}
		judged++
		t.Run(row.Case, func(t *testing.T) {
			status, _ := strconv.Atoi(m[1])
			body, err := strconv.Unquote(m[3])
			if err != nil {
				t.Fatal(err)
			}
			hangs := slices.ContainsFunc(row.Why, func(s string) bool { return strings.Contains(s, "FunctionTimeoutException") })
			v := judge(status, m[2], []byte(body))
			if v.hangs != hangs || (v.err == nil) != (row.Result == "Succeeded" || hangs) {
				t.Errorf("judge = %+v, the real host: %s, hangs %t", v, row.Result, hangs)
			}
		})
	}
	if judged < 25 {
		t.Errorf("only %d recorded answers were understood", judged)
	}
}

func TestMoreAnswersSeenOnTheRealHost(t *testing.T) {
	const js = "application/json"
	for _, tt := range []struct {
		name, kind, body string
		status           int
		hangs, fails     bool
	}{
		{"no content", "", "", 204, true, false},
		{"trailing text", js, "{} trailing", 200, false, false},
		{"byte order mark", js, "\uFEFF{}", 200, false, false},
		{"an array in Logs", js, `{"Logs":[[]]}`, 200, false, true},
		{"Outputs of the wrong kind", js, `{"Outputs":[]}`, 200, false, true},
		{"half a body", js, `{"Outputs"`, 200, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(tt.status, tt.kind, []byte(tt.body))
			if v.hangs != tt.hangs || (v.err != nil) != tt.fails {
				t.Errorf("judge = %+v", v)
			}
		})
	}
}

func TestLogsOfASuccessAreKept(t *testing.T) {
	v := judge(200, "application/json", []byte(`{"logs":["a","b"]}`))
	if !slices.Equal(v.logs, []string{"a", "b"}) {
		t.Errorf("logs = %q", v.logs)
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"Logs":["a",1,null]}`))
	f.Add(200, "text/json", []byte("null"))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		if v := judge(status, kind, body); v.hangs && v.err != nil {
			t.Errorf("judge = %+v: an answer cannot hang and fail", v)
		}
	})
}
