package incident

import (
	"context"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// Lost reports whether the ledger has a row for the incident and nothing is
// known of its lives: the row could not be used.
func (k Kept) Lost() bool { return k.Generation == 0 && k.row.Version != "" }

// Renew gives an incident that was lost the number of the last life that its
// notices speak of, so that its next one says everything anew. The pages of
// that life say that they are no longer followed, and its alerts end.
func (s Store) Renew(ctx context.Context, k Kept, told []notify.Account, reason string, now time.Time, write func(context.Context, ...notify.Notice) error) error {
	k.Incident = Incident{Fingerprint: k.Fingerprint, State: Resolved, ResolvedAt: now, Version: now.UnixMilli()}
	var over []notify.Notice
	for _, a := range told {
		fingerprint, generation, ok := parseSubject(a.Notice.Subject)
		if !ok || fingerprint != k.Fingerprint {
			continue
		}
		k.Generation = max(k.Generation, generation)
		if a.Notice.Act == notify.Announce && a.Notice.State != notify.Resolved {
			over = append(over, unfollowed(a.Notice, reason, now))
		}
	}
	if k.Generation == 0 {
		return s.table().Delete(ctx, k.row)
	}
	if err := write(ctx, over...); err != nil {
		return err
	}
	return s.Save(ctx, k)
}

// unfollowed ends a page whose incident was lost.
func unfollowed(page notify.Notice, reason string, now time.Time) notify.Notice {
	if page.Alias != "" {
		return End(Target{Channel: page.Channel, To: page.To}, Alert{Key: page.Key, Alias: page.Alias}, reason)
	}
	n := page
	n.Act, n.Page, n.Key, n.Mention = notify.Revise, page.Key, page.Key+"/lost", ""
	n.State, n.Reason, n.Version, n.Actions = notify.Resolved, reason, max(page.Version+1, now.UnixMilli()), nil
	n.Headline = append(notify.Text{notify.Ours("No longer followed here: ")}, page.Headline...)
	return n
}
