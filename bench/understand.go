package main

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/privacy"
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
	if f := reader.Read(&m); f.FirstOwnFrame == "" || f.ExceptionType == "" {
		return nil, errors.New("the failure was not understood")
	}
	if strings.Contains(masker.Mask(shown), "ada@shop.example") {
		return nil, errors.New("the text was not masked")
	}
	read := func() { f := reader.Read(&m); f.Fingerprint(m.Entity, "") }
	search := func() { frameLines.FindAllStringIndex(details, -1) }
	mask := func() { masker.Mask(shown) }
	replace := func() { addresses.ReplaceAllString(shown, "[e-mail]") }
	var lines []line
	for _, c := range []struct {
		what           string
		ours, baseline func()
		beside         string
	}{
		{"understand, fingerprint a 6 KB failure", read, search, "a regexp that finds its frames"},
		{"mask 2 KB", mask, replace, "a regexp that replaces e-mail addresses"},
	} {
		took, err := inTurns(9, repeat(c.ours), repeat(c.baseline))
		if err != nil {
			return nil, err
		}
		lines = append(lines,
			line{What: c.what, Unit: "µs", pair: took, Budget: atMost(25), Beside: c.beside},
			line{What: c.what + ": memory", Unit: "bytes", pair: against(allocated(c.ours), allocated(c.baseline)), Beside: c.beside},
		)
	}
	return lines, nil
}

// many is how often something small is done to be measured.
const many = 2000

// repeat measures f in microseconds.
func repeat(f func()) func() (float64, error) {
	return func() (float64, error) {
		begun := time.Now()
		for range many {
			f()
		}
		return microseconds(time.Since(begun)) / many, nil
	}
}

// allocated is how many bytes a call of f takes from the heap.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range many {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / many
}
