package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// aboutPlaces begins the subjects of notices that say that a place takes no
// notices. Trouble with these is never told, or two broken channels would
// tell each other for ever.
const aboutPlaces = "place/"

// placeOf is the place that such a notice is about.
func placeOf(subject string) (Destination, bool) {
	rest, ours := strings.CutPrefix(subject, aboutPlaces)
	if !ours {
		return Destination{}, false
	}
	rest = rest[:max(strings.LastIndexByte(rest, '/'), 0)] // the spell
	channel, to, _ := strings.Cut(rest, ":")
	return Destination{channel, to}, true
}

// deaf tells somebody elsewhere, once a spell, that a notice's place takes no
// notices. The notice comes first, then the row that says so: a crash between
// repeats the same.
func (t *tour) deaf(ctx context.Context, r *record, cause error) error {
	at := r.Notice.place()
	known := t.site(at)
	if strings.HasPrefix(r.Notice.Subject, aboutPlaces) || !known.Deaf.IsZero() {
		return nil
	}
	since, why := t.d.now(), cause.Error()
	t.d.Log.ErrorContext(ctx, "a place takes no notices", "place", at.String(), "err", cause)
	var told Destination
	if t.d.Elsewhere != nil {
		told, _ = t.d.Elsewhere(at)
	}
	if told.Channel != "" {
		if err := t.d.Write(ctx, deafNotice(t.origin, at, told, known.Spell+1, since, why)); err != nil {
			return err
		}
	}
	return t.change(ctx, at, func(s *site) bool {
		if !s.Deaf.IsZero() || s.Spell != known.Spell {
			return false // another instance was first
		}
		s.Deaf, s.Spell, s.Told, s.Why = since, s.Spell+1, told, why
		return true
	})
}

// heard notes that a place took a notice, and says so to whom it was told
// that it did not.
func (t *tour) heard(ctx context.Context, r *record, receipt Receipt) error {
	at := r.Notice.place()
	known := t.site(at)
	if known.ID == "" && receipt.Destination != "" {
		t.learn(ctx, at, receipt.Destination)
	}
	var err error
	if whole := (Destination{Channel: t.name}); !t.site(whole).LaterSince.IsZero() {
		err = t.change(ctx, whole, func(s *site) bool {
			s.LaterSince = time.Time{}
			return true
		})
	}
	if known.Deaf.IsZero() {
		return err
	}
	t.d.Log.InfoContext(ctx, "a place takes notices again", "place", at.String(), "since", known.Deaf)
	if known.Told.Channel != "" {
		over := deafNotice(t.origin, at, known.Told, known.Spell, known.Deaf, known.Why)
		over.Act, over.Page, over.Key, over.Mention = Close, over.Key, over.Key+"/end", ""
		over.State, over.Headline = Resolved, Text{Ours("Notices get through again to "), Bold(at.String())}
		over.Lines = nil
		if err := t.d.Write(ctx, over); err != nil {
			return err
		}
	}
	return errors.Join(err, t.change(ctx, at, func(s *site) bool {
		if s.Spell == known.Spell {
			s.Deaf, s.Why, s.Told = time.Time{}, "", Destination{}
		}
		return true
	}))
}

func deafNotice(origin Origin, at, told Destination, spell int, since time.Time, why string) Notice {
	subject := aboutPlaces + at.String() + "/" + strconv.Itoa(spell)
	sum := sha256.Sum256([]byte(origin.Ledger + "\x00" + subject))
	return Notice{
		Key: subject + "@" + told.String(), Channel: told.Channel, To: told.To, Act: Post, Reason: "not heard",
		Subject: subject, State: Unreadable, Priority: "P2", Alias: "busbell-" + hex.EncodeToString(sum[:16]),
		Headline: Text{Ours("Notices do not get through to "), Bold(at.String())},
		Facts:    []Fact{{"Why", Text{Foreign(why)}}, {"Since", Text{At(since.Unix())}}},
		Lines:    []Text{{Ours("They are kept and tried again.")}},
		Footer:   Text{Foreign(origin.Environment), Ours(" · told because: not heard")},
	}
}

// learn keeps the id of a place; "" forgets it.
func (t *tour) learn(ctx context.Context, at Destination, id string) {
	err := t.change(ctx, at, func(s *site) bool {
		changed := s.ID != id
		s.ID = id
		return changed
	})
	if err != nil { // it is only found again
		t.d.Log.WarnContext(ctx, "the id of a place is not kept", "err", err)
	}
}

// report logs what does not get through, at each sweep, and counts it.
func (known sites) report(ctx context.Context, log *slog.Logger) (deaf int) {
	for at, s := range known {
		if !s.Deaf.IsZero() {
			deaf++
			log.WarnContext(ctx, "a place takes no notices", "place", at.String(), "since", s.Deaf, "err", fmt.Sprintf("%.500s", s.Why))
		}
	}
	return deaf
}
