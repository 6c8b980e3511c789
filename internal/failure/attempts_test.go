package failure_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

func TestAttemptsAreKnown(t *testing.T) {
	masstransit := func(count any) *message.Message {
		return &message.Message{Entity: "billing_error", Properties: map[string]any{"MT-Reason": "fault", "MT-Fault-ExceptionType": "Shop.A", "MT-Fault-RetryCount": count}}
	}
	wolverine := func(count any) *message.Message {
		return &message.Message{Properties: map[string]any{"exception-type": "Shop.A", "failed-at": "1795527690412", "attempts": count}}
	}
	for name, tt := range map[string]struct {
		m    *message.Message
		want int
	}{
		"rebus":                               {rebus(attempts(5, stamp, "Shop.A: a")), 5},
		"masstransit, a number":               {masstransit(int32(3)), 4},
		"masstransit, a text":                 {masstransit("3"), 4},
		"masstransit, none":                   {masstransit(nil), 1},
		"masstransit, nonsense":               {masstransit("-7"), 1},
		"masstransit, more than anybody does": {masstransit("99999999999"), 1},
		"wolverine":                           {wolverine("3"), 3},
		"wolverine, as it arrived":            {wolverine("0"), 1},
		"nobody says":                         {&message.Message{Entity: "q/$DeadLetterQueue", Properties: props("DeadLetterReason", "TTLExpiredException")}, 0},
	} {
		if got := failure.NewReader(failure.Config{}).Read(tt.m, enqueued).Attempts; got != tt.want {
			t.Errorf("%s: %d attempts, want %d", name, got, tt.want)
		}
	}
}

// Where only the form of a message tells what is wrong, a remark says it.
func TestTheFormOfAMessageIsRemarkedOn(t *testing.T) {
	for _, f := range fixtures(t) {
		want := ""
		switch {
		case strings.Contains(f.path, "skipped"):
			want = "No consumer"
		case strings.HasSuffix(f.path, "rebus-8-second-level-without-handler.json"):
			want = "what failed first may be lost"
		}
		got := failure.NewReader(failure.Config{}).Read(&f.message, enqueued).Remark
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: remark %q, want %q", f.path, got, want)
		}
	}
}
