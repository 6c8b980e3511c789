package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// What one would write first, as baselines.
var (
	frameLines = regexp.MustCompile(`(?m)^ +at (.+)$`)
	addresses  = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`)
)

// understand measures what is done to every failure that is read, and to the
// texts of the few that are shown.
func understand(context.Context, *lab) ([]line, error) {
	failures := kind{problems: 20, size: 6 << 10}
	m := failures.peeked(7)
	details := m.Text("rbs2-error-details")
	shown := details[:2<<10]
	reader := failure.NewReader(failure.Config{Own: []string{"Shop."}})
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		return nil, err
	}
	if f := reader.Read(&m, m.EnqueuedAt); f.FirstOwnFrame == "" || f.ExceptionType == "" {
		return nil, errors.New("the failure was not understood")
	}
	if strings.Contains(masker.Mask(shown), "ada@shop.example") {
		return nil, errors.New("the text was not masked")
	}
	read := func() { f := reader.Read(&m, m.EnqueuedAt); f.Fingerprint(m.Entity, "") }
	bad := hostile()
	bear := func() { f := reader.Read(&bad, bad.EnqueuedAt); f.Fingerprint(bad.Entity, "") }
	look := func() { frameLines.FindAllStringIndex(bad.Text("rbs2-error-details"), -1) }
	search := func() { frameLines.FindAllStringIndex(details, -1) }
	mask := func() { masker.Mask(shown) }
	replace := func() { addresses.ReplaceAllString(shown, "[e-mail]") }
	var lines []line
	for _, c := range []struct {
		what           string
		ours, baseline func()
		beside         string
		times          int
		time, memory   budget
	}{
		{"understand, fingerprint a 6 KB failure", read, search, "a regexp that finds its frames", 2000, atMost(25), atMost(10 << 10)},
		{"understand a hostile header of 64 KB", bear, look, "a regexp that finds its frames", 100, atMost(1000), budget{}},
		{"mask 2 KB", mask, replace, "a regexp that replaces e-mail addresses", 2000, atMost(25), budget{}},
	} {
		took, err := inTurns(9, repeat(c.times, c.ours), repeat(c.times, c.baseline))
		if err != nil {
			return nil, err
		}
		lines = append(lines,
			line{What: c.what, Unit: "µs", pair: took, Budget: c.time, Beside: c.beside},
			line{What: c.what + ": memory", Unit: "bytes", pair: against(allocated(c.ours), allocated(c.baseline)), Budget: c.memory, Beside: c.beside},
		)
	}
	flood, err := flood(reader, masker)
	if err != nil {
		return nil, err
	}
	return append(lines, flood), nil
}

// hostile is a message whose header costs the most that we found: lines that
// each might be an exception in an aggregate.
func hostile() message.Message {
	const line = "\n ---> A.B: c"
	return message.Message{Entity: "error", Properties: map[string]any{
		"rbs2-msg-type": "Shop.A, Shop", "rbs2-source-queue": "shop.billing",
		"rbs2-error-details": "System.AggregateException: 5 unhandled exceptions (a" + strings.Repeat(line, (64<<10)/len(line)),
	}}
}

// floods is how many distinct failures are grouped at once.
const floods = 1_000_000

// flood measures what is left on the heap of a million failures of which no
// two are alike, beside a map of what one would have to keep of each.
func flood(reader *failure.Reader, masker *privacy.Masker) (line, error) {
	w := errorqueue.Watch{Triage: triage.Triage{Reader: reader, Masker: masker}}
	x := w.Explainer(source.Source{Queue: "error"})
	ours := held(func() {
		for i := range floods {
			m := distinct(i)
			x.Count(&m)
		}
	})
	groups := len(x.Problems())
	if groups == 0 || groups > 1000 {
		return line{}, fmt.Errorf("a million distinct failures made %d groups", groups)
	}
	counts := map[string]int{}
	baseline := held(func() {
		for i := range floods {
			m := distinct(i)
			f := reader.Read(&m, m.EnqueuedAt)
			counts[f.MessageType+f.ExceptionType+f.FirstOwnFrame]++
		}
	})
	runtime.KeepAlive(x)
	runtime.KeepAlive(counts)
	return line{What: "group a million distinct failures: left on the heap", Unit: "MiB", pair: against(ours, baseline), Budget: atMost(16), Beside: "a count of each type and frame"}, nil
}

// distinct is a failure like no other, made cheaply.
func distinct(i int) message.Message {
	n := strconv.Itoa(i)
	return message.Message{Entity: "error", SequenceNumber: int64(i), Properties: map[string]any{
		"rbs2-msg-id": n, "rbs2-msg-type": "Shop.Billing.Charge" + n + ", Shop.Billing", "rbs2-source-queue": "shop.billing",
		"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.Billing.Refused: order " + n +
			"\n   at Shop.Billing.Charge" + n + "Handler.Handle(Charge message)\n" + rebusFrames,
	}}
}

// held is how much more is on the heap after f, in MiB.
func held(f func()) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return max(0.01, (float64(after.HeapAlloc)-float64(before.HeapAlloc))/(1<<20))
}

// repeat measures f, which is done many times over, in microseconds.
func repeat(many int, f func()) func() (float64, error) {
	return func() (float64, error) {
		begun := time.Now()
		for range many {
			f()
		}
		return microseconds(time.Since(begun)) / float64(many), nil
	}
}

// allocated is how many bytes a call of f takes from the heap.
func allocated(f func()) float64 {
	const many = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range many {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / many
}
