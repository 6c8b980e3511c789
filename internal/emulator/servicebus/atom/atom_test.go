package atom

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestDurationsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT1M": time.Minute, "P14D": 14 * 24 * time.Hour, "PT1H30M": 90 * time.Minute, "PT0.5S": 500 * time.Millisecond,
		"P1DT2H3M4.25S": 26*time.Hour + 3*time.Minute + 4250*time.Millisecond,
	} {
		got, err := ParseDuration(text)
		if err != nil || got != want || FormatDuration(got) != text {
			t.Errorf("%s is %v, written %s; %v", text, got, FormatDuration(got), err)
		}
	}
	if d, err := ParseDuration(ForEver); err != nil || d != math.MaxInt64 || FormatDuration(0) != ForEver {
		t.Errorf("for ever is %v, %v", d, err)
	}
	for _, bad := range []string{"", "P", "PT", "1m", "PT1", "PT1M1H?", "PT-1M", "P1M", "PTM", "PT1M2M", "PT1..2S"} {
		if d, err := ParseDuration(bad); err == nil {
			t.Errorf("%q is %v", bad, d)
		}
	}
}

// Whatever a client sends, it is an error or a description, which can be
// checked.
func TestABodyThatIsNoEntryIsNamedSo(t *testing.T) {
	for _, body := range []string{"", "garbage", "<entry>", `{"name":"orders"}`} {
		if _, err := Parse([]byte(body)); err == nil || !strings.Contains(err.Error(), "read the body as an Atom entry: ") {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<entry><content><QueueDescription><LockDuration>PT1M</LockDuration><MaxDeliveryCount>3</MaxDeliveryCount></QueueDescription></content></entry>`))
	f.Add([]byte(Entry("q", "q", "QueueDescription", "<MaxSizeInMegabytes>1024</MaxSizeInMegabytes>", 0)))
	f.Fuzz(func(_ *testing.T, body []byte) {
		if d, err := Parse(body); err == nil {
			_ = d.Elements.Check()
			_ = d.Elements.Size(true)
		}
	})
}
