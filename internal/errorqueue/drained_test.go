package errorqueue

import (
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
)

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

func TestSkippedNumbersAreExplained(t *testing.T) {
	text := drained(scan.Gaps{Seen: 30, Passes: 3, Unseen: 25, First: noon, Last: noon})
	if !strings.Contains(text, "25 messages") || !strings.Contains(text, "17 April") {
		t.Errorf("says %q", text)
	}
}
