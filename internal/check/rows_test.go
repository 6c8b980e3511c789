package check

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/ledger"
)

// Every partition is read, and nothing is changed.
func TestACheckNamesRowsThatCannotBeUsed(t *testing.T) {
	for _, at := range []struct{ partition, row string }{
		{"test/incidents", "1-abc"},
		{"test/notices", "incident/1-abc/1@slack:#bus"},
		{"test/channels", "slack:#bus"},
		{"test/places", "error"},
		{"test/places", "$last"},
		{"test/journal", "X/0"},
		{"test/places", "$bad/X"},
		{"test/origin", "ledger"},
		{"test/configuration/notices", "configuration/X"},
	} {
		t.Run(at.partition+" "+at.row, func(t *testing.T) {
			l := new(ledger.Memory)
			put := func(row, value string) ledger.Key {
				t.Helper()
				e, err := l.Insert(t.Context(), ledger.Entry{Key: ledger.Key{Partition: at.partition, Row: row}, Value: []byte(value)})
				if err != nil {
					t.Fatal(err)
				}
				return e.Key
			}
			put("older", `{"v":0,"stage":7}`)
			c := &checkup{Setup: config.Setup{Config: config.Config{Environment: "test"}}}
			if facts := c.rows(t.Context(), l); !Well(facts) {
				t.Errorf("without a bad row: %+v", facts)
			}
			bad := put(at.row, "not JSON")
			facts := c.rows(t.Context(), l)
			if f := facts[0]; f.OK || !strings.Contains(f.Detail, "1 of 2 cannot be used: "+at.partition+" "+at.row+" (decode: ") || f.Cure == "" {
				t.Errorf("%+v", f)
			}
			if e, err := l.Get(t.Context(), bad); string(e.Value) != "not JSON" || err != nil {
				t.Errorf("it holds %q, %v", e.Value, err)
			}
		})
	}
}

func TestACheckNamesWhatWasSetAside(t *testing.T) {
	l := new(ledger.Memory)
	row := ledger.Row[ledger.BadRow]{Ref: ledger.Ref{Key: "$bad/X"}, Value: ledger.BadRow{Partition: "test/incidents", Row: "1-abc", Why: "decode: no"}}
	if _, err := ledger.BadRows(l, "test", nil).Save(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	c := &checkup{Setup: config.Setup{Config: config.Config{Environment: "test"}}}
	if f := c.rows(t.Context(), l)[0]; f.OK || !strings.Contains(f.Detail, "test/places $bad/X (it keeps 1-abc of test/incidents: decode: no)") {
		t.Errorf("%+v", f)
	}
}
