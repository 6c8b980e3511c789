package explain

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A slow source has a number of messages of one kind, and takes its time for
// each.
type slow struct {
	messages int
	each     time.Duration
}

func (s slow) Peek(_ context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		for n := max(from, 1); n <= int64(s.messages); n++ {
			if s.each > 0 {
				time.Sleep(s.each)
			}
			m := message.Message{
				Entity: "error", SequenceNumber: n, ID: fmt.Sprint(n), EnqueuedAt: time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC),
				Properties: map[string]any{
					"rbs2-msg-type": "Shop.A, Shop", "rbs2-source-queue": "shop.billing", "rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:00:00 +00:00: Shop.Refused: no",
				},
			}
			if n%7 == 0 {
				m.State = message.Scheduled
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}

// newReader reads one source.
func newReader(t *testing.T, s source.Peeker) (Reader, *bytes.Buffer) {
	t.Helper()
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := triage.NewRules(triage.Config{Page: []triage.PageRule{{When: "incident.count > 1", Priority: "P1"}}})
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	by := &triage.Triage{Reader: failure.NewReader(failure.Config{}), Masker: masker, Rules: rules}
	says := func(triage.Group, time.Time) (incident.Silence, []notify.Notice) {
		return incident.Silence{}, nil
	}
	return Reader{
		Open:      func(source.Source) source.Peeker { return s },
		Explainer: func(at source.Source) *Explainer { return New(by, at, time.Now(), says) },
		Progress:  &stderr,
	}, &stderr
}

func TestALongReadSaysHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, stderr := newReader(t, slow{messages: 6, each: 900 * time.Millisecond})
		if _, err := b.Problems(t.Context(), source.Source{Queue: "error"}); err != nil {
			t.Fatal(err)
		}
		if got, want := stderr.String(), "error: 3 messages read …\nerror: 6 messages read …\n"; got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	})
}

// Of a source that is not deeper than is held, rules see all of it from the
// first message on; of a deeper one, what was read so far. Scheduled messages
// have not failed.
func TestRulesSeeHowManyThereAre(t *testing.T) {
	for _, tt := range []struct{ messages, first, last int }{{20, 18, 18}, {maxHeld + 2000, maxHeld, (maxHeld + 2000) - (maxHeld+2000)/7}} {
		b, _ := newReader(t, slow{messages: tt.messages})
		var counts []string
		err := b.Each(t.Context(), source.Source{Queue: "error"}, func(_ *message.Message, x Explanation) error {
			counts = append(counts, x.Rules[0].Asked[0].String())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("incident.count is %d … incident.count is %d, %d", tt.first, tt.last, tt.last)
		if got := fmt.Sprintf("%s … %s, %d", counts[0], counts[len(counts)-1], len(counts)); got != want {
			t.Errorf("%d messages: %s, want %s", tt.messages, got, want)
		}
	}
}

func TestAFailureIsFoundByItsNumber(t *testing.T) {
	b, _ := newReader(t, slow{messages: 5})
	m, err := b.One(t.Context(), source.Source{Queue: "error"}, 4)
	if err != nil || m.SequenceNumber != 4 {
		t.Errorf("found %v, %v", m, err)
	}
	if _, err := b.One(t.Context(), source.Source{Queue: "error"}, 17); err == nil || !strings.Contains(err.Error(), "error holds no message 17") {
		t.Errorf("of a message that is not there: %v", err)
	}
}

// A broken source yields a message and an error.
type broken struct{ err error }

func (b broken) Peek(context.Context, int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		_ = yield(message.Message{Entity: "error", SequenceNumber: 1}, nil) && yield(message.Message{}, b.err)
	}
}

func TestASourceThatCannotBeReadHidesNoOther(t *testing.T) {
	away, forbidden := fmt.Errorf("read b: %w", message.ErrAway), fmt.Errorf("read b: %w", message.ErrForbidden)
	good := slow{messages: 1}
	for _, tt := range []struct {
		name      string
		sources   []source.Peeker
		read      int
		listed    int
		wrong     int
		notLooked string
	}{
		{"not allowed", []source.Peeker{broken{forbidden}, good, broken{forbidden}, good}, 2, 4, 2, ""},
		{"cuts the connection", []source.Peeker{good, broken{away}, good, broken{away}, broken{forbidden}}, 2, 5, 3, ""},
		{"nobody answers", []source.Peeker{broken{away}, good, good}, 0, 1, 2, "2 further sources not read"},
		{"nobody answers any more", []source.Peeker{good, broken{away}, broken{away}, good}, 1, 3, 3, "1 further source not read"},
		{"nobody answers in the end", []source.Peeker{good, broken{away}, broken{away}}, 1, 3, 2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := newReader(t, nil)
			var sources []source.Source
			for i := range tt.sources {
				sources = append(sources, source.Source{Queue: fmt.Sprint(i)})
			}
			b.Open = func(p source.Source) source.Peeker {
				i, _ := strconv.Atoi(p.Queue)
				return tt.sources[i]
			}
			listed := 0
			read, wrong := b.All(t.Context(), sources, func(source.Source, *message.Message, Explanation) error {
				listed++
				return nil
			})
			if read != tt.read || listed != tt.listed || len(wrong) != tt.wrong {
				t.Errorf("%d sources read, %d messages listed, errors %v", read, listed, wrong)
			}
			if last := wrong[len(wrong)-1].Error(); tt.notLooked != "" && last != tt.notLooked {
				t.Errorf("ends with %q, want %q", last, tt.notLooked)
			}
		})
	}
}
