package journal

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/notify"
)

// execute executes an entry part by part. What is done is removed from the
// journal after each part, so that whoever resumes the entry continues there. A
// record that cannot be written stops no other.
func (j *Journal[T]) execute(ctx context.Context, e entry[T]) Result {
	out := Result{Conflicts: map[string]bool{}, Failed: map[string]bool{}}
	shared := sharedNotices(e.parts)
	for n, p := range e.parts {
		left := j.executePart(ctx, e, p, shared, &out)
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
	if out.Fail(j.finish(ctx, e.parts, &out)); len(out.errs) == 0 {
		j.deleteAll(ctx, slices.DeleteFunc(e.parts, func(p part[T]) bool { return !stays(p) }))
	}
	return out
}

// A sharedNotice is a notice about many records, and whether it was written.
type sharedNotice struct {
	notice  notify.Notice
	written bool
}

// sharedNotices are the notices about many records, by the keys of these. Those
// that close alerts come last, see finish.
func sharedNotices[T any](parts []part[T]) map[string][]*sharedNotice {
	all := map[string][]*sharedNotice{}
	for _, p := range parts {
		for _, s := range p.Value.Change.Shared {
			if s.Notice.Act == notify.Close {
				continue
			}
			one := &sharedNotice{notice: s.Notice}
			for _, key := range s.Of {
				all[key] = append(all[key], one)
			}
		}
	}
	return all
}

// executePart writes the records of a part concurrently, and then the shared
// notices about any of them. It returns the records that are left.
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
			if !one.written && outcomes[n].wants(one.notice) {
				one.written, notices = true, append(notices, one.notice)
			}
		}
	}
	if err := j.Delivery.Write(ctx, notices...); err != nil {
		out.Fail(err)
		return records // they are the reason to write them
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

// wants reports whether the outcome of a record is a reason to write a notice.
// If somebody else has changed the record, only those notices are written that
// belong to the pages and alerts that it has now, and only if this entry was
// executed before: whoever comes second is silent.
func (o Outcome) wants(n notify.Notice) bool {
	has := slices.Contains(o.Pages, cmp.Or(n.Page, n.Key))
	return o.Written || n.Act == notify.Close && !has || n.Act != notify.Close && has && o.Changed
}

// finish closes the alerts that no record shares any more. Once everything is
// executed, it adds the records that a digest shows otherwise than they are now
// to the conflicts: of two processes that change records of one digest
// concurrently, neither may have seen what the other wrote, but whichever writes
// last finds it here.
func (j *Journal[T]) finish(ctx context.Context, parts []part[T], out *Result) error {
	digests := map[string]map[string]int64{} // what they show, by their keys
	var closing []notify.Notice
	for _, p := range parts {
		for _, s := range p.Value.Change.Shared {
			n := s.Notice
			switch {
			case n.Act == notify.Close:
				closing = append(closing, n)
			case n.Act == notify.Update && n.Subject == n.Page && len(out.errs) == 0: // a digest
				if digests[n.Page] == nil {
					digests[n.Page] = map[string]int64{}
				}
				maps.Copy(digests[n.Page], s.Shows)
			}
		}
	}
	if len(digests) == 0 && len(closing) == 0 {
		return nil
	}
	all, err := j.Records.Shown(ctx)
	if err != nil {
		return err
	}
	for _, shows := range digests {
		for key, version := range shows {
			if now, there := all[key]; there && now.Version != version {
				out.Conflicts[key] = true
			}
		}
	}
	for key, now := range all {
		for _, page := range now.Pages {
			if shows := digests[page]; shows != nil && shows[key] != now.Version {
				out.Conflicts[key] = true
			}
			closing = slices.DeleteFunc(closing, func(n notify.Notice) bool { return n.Page == page })
		}
	}
	return j.Delivery.Write(ctx, closing...)
}
