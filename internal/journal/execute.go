package journal

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/notify"
)

// execute executes an entry part by part. After each part it removes the finished
// records from the journal, and a resume continues there. A record that cannot be
// written does not block others.
func (j *Journal[T]) execute(ctx context.Context, e entry[T]) Result {
	out := Result{Conflicts: map[string]bool{}, Failed: map[string]bool{}, Stale: map[string][]notify.Notice{}}
	all, of := sharedNotices(e.parts)
	for n, p := range e.parts {
		left := j.executePart(ctx, e, p, of, &out)
		switch {
		case len(left) == 0 && !stays(p):
			j.Delete(ctx, p.Ref)
		case len(left) < len(p.Value.Change.Records) && (len(left) > 0 || len(e.parts) > 1):
			e.parts[n] = j.shorten(ctx, p, left)
		}
	}
	if ctx.Err() != nil {
		return out
	}
	out.Fail(j.finish(ctx, all, &out))
	stay := slices.DeleteFunc(e.parts, func(p part[T]) bool { return !stays(p) })
	switch {
	case len(out.errs) > 0:
	case len(out.Stale) > 0:
		out.Unfinished = refs(stay)
	default:
		j.Delete(ctx, refs(stay)...)
	}
	return out
}

// A sharedNotice is a notice about many records, and whether it was written.
type sharedNotice struct {
	Shared
	written bool
}

// isDigest reports whether the notice updates a digest.
func (s *sharedNotice) isDigest() bool {
	return s.Notice.Act == notify.Update && s.Notice.Subject == s.Notice.Page
}

// sharedNotices returns all notices about many records, and an index by record
// key of those that are written together with the record. finish writes the
// notices that close alerts.
func sharedNotices[T any](parts []part[T]) (all []*sharedNotice, of map[string][]*sharedNotice) {
	of = map[string][]*sharedNotice{}
	for _, p := range parts {
		for _, s := range p.Value.Change.Shared {
			one := &sharedNotice{Shared: s}
			all = append(all, one)
			for _, key := range s.Of {
				if s.Notice.Act != notify.Close {
					of[key] = append(of[key], one)
				}
			}
		}
	}
	return all, of
}

// executePart writes the records of a part concurrently, and then their shared
// notices. It returns the records that remain.
func (j *Journal[T]) executePart(ctx context.Context, e entry[T], p part[T], shared map[string][]*sharedNotice, out *Result) (left []Record[T]) {
	records := p.Value.Change.Records
	outcomes, errs := make([]Outcome, len(records)), make([]error, len(records))
	_ = j.each(len(records), func(n int) error {
		outcomes[n], errs[n] = j.executeRecord(ctx, e, records[n])
		return nil
	})
	out.Fail(errs...)
	var notices []notify.Notice
	for n, r := range records {
		switch {
		case errs[n] != nil:
			out.Failed[r.Key] = true
			left = append(left, r)
		case !outcomes[n].Written:
			j.Log.InfoContext(ctx, "record changed concurrently", "record", r.Key)
			out.Conflicts[r.Key] = true
		}
		for _, one := range shared[r.Key] {
			if !one.written && outcomes[n].wants(one.Notice) {
				one.written, notices = true, append(notices, one.Notice)
			}
		}
	}
	if err := j.Delivery.Write(ctx, notices...); err != nil {
		out.Fail(err)
		return records // their shared notices are still missing
	}
	return left
}

// executeRecord writes a record and then the notices about it.
func (j *Journal[T]) executeRecord(ctx context.Context, e entry[T], r Record[T]) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	o, err := j.Records.Write(ctx, r, e.writeID(r.Key))
	if err != nil {
		return Outcome{}, err
	}
	notices := slices.DeleteFunc(slices.Clone(r.Notices), func(n notify.Notice) bool { return !o.wants(n) })
	return o, j.Delivery.Write(ctx, notices...)
}

// wants reports whether to write a notice after this outcome of a record. If the
// record has changed again, it wants those that close alerts which the record no
// longer has, and those for its current pages and alerts if an earlier execution
// of this entry wrote the record. An entry that lost the race writes nothing else.
func (o Outcome) wants(n notify.Notice) bool {
	has := slices.Contains(o.Pages, cmp.Or(n.Page, n.Key))
	return o.Written || n.Act == notify.Close && !has || n.Act != notify.Close && has && o.Changed
}

// finish closes alerts that no record shares any more, and finds outdated digests.
// Two processes that change records of one digest concurrently may not see each
// other's writes; the one that writes last finds the difference here.
func (j *Journal[T]) finish(ctx context.Context, shared []*sharedNotice, out *Result) error {
	digests := map[string]Shared{} // by key, with all records that they show
	var closing []notify.Notice
	for _, s := range shared {
		switch {
		case s.Notice.Act == notify.Close:
			closing = append(closing, s.Notice)
		case s.isDigest() && s.written && len(out.errs) == 0:
			digests[s.Notice.Page] = Shared{Notice: s.Notice, Shows: map[string]int64{}}
		}
	}
	if len(digests) == 0 && len(closing) == 0 {
		return nil
	}
	for _, s := range shared {
		if d, ok := digests[s.Notice.Page]; ok && s.isDigest() {
			maps.Copy(d.Shows, s.Shows)
		}
	}
	all, err := j.Records.Shown(ctx)
	if err != nil {
		return err
	}
	for _, d := range digests {
		if key, stale := d.compare(all); stale {
			out.Conflicts[key] = true
			out.Stale[key] = append(out.Stale[key], d.Notice)
		}
	}
	for _, now := range all {
		closing = slices.DeleteFunc(closing, func(n notify.Notice) bool { return slices.Contains(now.Pages, n.Page) })
	}
	return j.Delivery.Write(ctx, closing...)
}

// compare compares a digest with the current records. If they differ, it returns
// the record whose next change updates the digest: preferably one that the digest
// shows in an old version or omits, otherwise any that it shows or has shown.
func (s Shared) compare(all map[string]Shown) (key string, stale bool) {
	var changed, here, gone []string
	for key, now := range all {
		version, shown := s.Shows[key]
		switch {
		case !slices.Contains(now.Pages, s.Notice.Page):
			if shown {
				gone = append(gone, key)
			}
		case shown && version == now.Version:
			here = append(here, key)
		default:
			changed = append(changed, key)
		}
	}
	for _, keys := range [][]string{changed, here, gone} {
		if len(changed)+len(gone) > 0 && len(keys) > 0 {
			return slices.Min(keys), true
		}
	}
	return "", false
}
