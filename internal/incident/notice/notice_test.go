package notice_test

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
)

func TestTheFootSaysHowOftenItHappenedAndWhy(t *testing.T) {
	for generation, want := range map[int]string{
		1:   "incident 1-abc · test · reopened",
		2:   "incident 1-abc · 2nd time since 3 Nov · test · reopened",
		3:   "incident 1-abc · 3rd time since 3 Nov · test · reopened",
		4:   "incident 1-abc · 4th time since 3 Nov · test · reopened",
		12:  "incident 1-abc · 12th time since 3 Nov · test · reopened",
		21:  "incident 1-abc · 21st time since 3 Nov · test · reopened",
		112: "incident 1-abc · 112th time since 3 Nov · test · reopened",
	} {
		i := &incident.Incident{Fingerprint: "1-abc", Generation: generation, Began: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)}
		n := notice.Post(notice.Deployment{Environment: "test"}, i, incident.Target{Channel: "slack"}, reason.Reopened)
		if got := n.Footer.Plain(); got != want {
			t.Errorf("life %d: %q, want %q", generation, got, want)
		}
	}
}
