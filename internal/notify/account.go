package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// An Account is a notice and what became of it.
type Account struct {
	Notice  Notice // of a page: what it shows now
	Reason  string // why it was said; of a page: why it was made
	Written time.Time
	Fate    string // said, waiting, perhaps said, not needed, given up
	Tries   int
	Why     string // the last error, where it is not said
	Receipt Receipt
}

var fates = map[stage]string{pending: "waiting", sending: "perhaps said", sent: "said", moot: "not needed", dead: "given up"}

// Account returns what became of the notices that are wanted, the oldest
// first, as far back as Retention goes. It reads every row there is.
func (d *Delivery) Account(ctx context.Context, wanted func(Notice) bool) ([]Account, error) {
	var all []Account
	for row, err := range d.notices().List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		if r := row.Value; r.Stage != "" && wanted(r.Notice) {
			a := Account{Notice: r.Notice, Reason: cmp.Or(r.Made, r.Notice.Reason), Written: r.Written, Fate: fates[r.Stage], Tries: r.Tries, Receipt: r.Receipt}
			if r.Stage != sent && r.Stage != moot {
				a.Why = r.LastError
			}
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b Account) int { return a.Written.Compare(b.Written) })
	return all, nil
}
