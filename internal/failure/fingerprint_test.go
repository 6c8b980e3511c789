package failure_test

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// others are the ways in which one problem looks from case to case.
var others = map[string]func(f fixture, key, text string) string{
	"lines": func(_ fixture, _, text string) string { return lineNumbers.ReplaceAllString(text, "${1}9") },
	"ids": func(_ fixture, _, text string) string {
		return guids.ReplaceAllString(text, "0f6c7f0e-5d0a-4a2e-9d44-6f2f5f7f3b0a")
	},
	"folders": func(_ fixture, _, text string) string {
		return strings.ReplaceAll(text, "/src/", "/home/build/agent7/")
	},
	"values in its message": func(f fixture, _, text string) string {
		return strings.ReplaceAll(text, f.expect.ExceptionMessage, withOtherValues(f.expect.ExceptionMessage))
	},
	"machine": func(_ fixture, key, text string) string {
		if strings.Contains(key, "achine") || strings.Contains(key, "host") {
			return "shop-billing-77"
		}
		return text
	},
}

var (
	lineNumbers = regexp.MustCompile(`(:(?:line|Zeile|ligne) )\d+`)
	guids       = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	quotedText  = regexp.MustCompile(`'[^'\n]{0,60}'`)
	typeName    = regexp.MustCompile(`^'[A-Z]\w*(\.[A-Z]\w*)+'$`) // which is no value
	digits      = regexp.MustCompile(`\d+`)
)

func withOtherValues(message string) string {
	swap := func(quoted string) string {
		if typeName.MatchString(quoted) {
			return quoted
		}
		return "'another'"
	}
	return digits.ReplaceAllString(quotedText.ReplaceAllStringFunc(message, swap), "70707")
}

func TestSameProblemHasSameFingerprint(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	for _, f := range fixtures(t) {
		read := r.Read(&f.message, enqueued)
		want := read.Fingerprint(f.message.Entity, "")
		if len(want) > 24 || strings.ContainsAny(want, "/\\#? ") || !strings.HasPrefix(want, "1-") {
			t.Errorf("%s: fingerprint %q", f.path, want)
		}
		for name, change := range others {
			other := f.message
			other.Properties = maps.Clone(f.message.Properties)
			other.SequenceNumber += 7
			other.EnqueuedAt = other.EnqueuedAt.Add(48 * time.Hour)
			other.ID, other.CorrelationID = "another", "another"
			for k, v := range other.Properties {
				if s, ok := v.(string); ok && len(s) < 31_000 {
					other.Properties[k] = change(f, k, s)
				}
			}
			if got := r.Read(&other, enqueued).Fingerprint(other.Entity, ""); got != want {
				t.Errorf("%s: other %s: %s, was %s", f.path, name, got, want)
			}
		}
	}
}

func TestOrderOfHeadersDoesNotCount(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	for _, f := range fixtures(t) {
		want := r.Read(&f.message, enqueued)
		keys := slices.Collect(maps.Keys(f.message.Properties))
		for range 5 {
			rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			shuffled := f.message
			shuffled.Properties = map[string]any{}
			for _, k := range keys {
				shuffled.Properties[k] = f.message.Properties[k]
			}
			if got := r.Read(&shuffled, enqueued); got != want {
				t.Errorf("%s: %+v, was %+v", f.path, got, want)
			}
		}
	}
}

// What a person would call one problem: the fixtures say it.
func TestFixturesAreAsManyProblemsAsTheirReadingsSay(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	type problem struct{ queue, message, exception, frame, cause string }
	first := map[problem]string{}
	taken := map[string]problem{}
	for _, f := range fixtures(t) {
		e := f.expect
		if e.ExceptionType == "" || e.FirstOwnFrame == "" || e.FailingQueue == "" {
			continue // these go by a pattern as well
		}
		p := problem{queue: e.FailingQueue, message: e.MessageType, exception: e.ExceptionType, frame: e.FirstOwnFrame}
		p.cause = f.cause.Message
		got := r.Read(&f.message, enqueued).Fingerprint(f.message.Entity, "")
		if was, ok := first[p]; ok && was != got {
			t.Errorf("%s: %s, and %s for the same problem", f.path, got, was)
		}
		if q, ok := taken[got]; ok && q != p {
			t.Errorf("%s: %+v and %+v are both %s", f.path, p, q, got)
		}
		first[p], taken[got] = got, p
	}
	if len(first) < 20 {
		t.Errorf("only %d problems", len(first))
	}
}

func TestOneFailureInNineCulturesIsOneProblem(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	seen := map[string]string{}
	for _, f := range fixtures(t) {
		if f.expect.Framework == message.Rebus && f.expect.FirstOwnFrame == "Shop.Billing.Gateway.CardGateway.ChargeAsync" &&
			f.expect.MessageType == "Shop.Orders.Contracts.Events.OrderPlaced" {
			seen[r.Read(&f.message, enqueued).Fingerprint(f.message.Entity, "")] = f.path
		}
	}
	if len(seen) != 1 {
		t.Errorf("%d fingerprints: %v", len(seen), seen)
	}
}

func TestTwoProblemsHaveTwoFingerprints(t *testing.T) {
	base := failure.Failure{
		MessageType: "Shop.OrderPlaced", FailingQueue: "shop.billing", ExceptionType: "System.Exception",
		FirstOwnFrame: "Shop.Gateway.Charge", ExceptionMessage: "order 1",
	}
	vary := func(change func(*failure.Failure)) failure.Failure {
		f := base
		change(&f)
		return f
	}
	plain := failure.Failure{MessageType: "Shop.OrderPlaced", Reason: "MaxDeliveryCountExceeded", ExceptionMessage: "after 10 attempts"}
	for _, tt := range []struct {
		name string
		a, b failure.Failure
		same bool
	}{
		{"queue", base, vary(func(f *failure.Failure) { f.FailingQueue = "shop.loyalty" }), false},
		{"queue in capitals", base, vary(func(f *failure.Failure) { f.FailingQueue = "Shop.Billing" }), true},
		{"type", base, vary(func(f *failure.Failure) { f.MessageType = "Shop.OrderPaid" }), false},
		{"exception", base, vary(func(f *failure.Failure) { f.ExceptionType = "System.TimeoutException" }), false},
		{"frame", base, vary(func(f *failure.Failure) { f.FirstOwnFrame = "Shop.Gateway.Refund" }), false},
		{"message, with a frame", base, vary(func(f *failure.Failure) { f.ExceptionMessage = "no money" }), true},
		{
			"message, without a frame", vary(func(f *failure.Failure) { f.FirstOwnFrame = "" }),
			vary(func(f *failure.Failure) { f.FirstOwnFrame, f.ExceptionMessage = "", "no money" }), false,
		},
		{
			"number in the message", vary(func(f *failure.Failure) { f.FirstOwnFrame = "" }),
			vary(func(f *failure.Failure) { f.FirstOwnFrame, f.ExceptionMessage = "", "order 2" }), true,
		},
		{"reason", plain, failure.Failure{MessageType: "Shop.OrderPlaced", Reason: "TTLExpiredException", ExceptionMessage: "after 10 attempts"}, false},
		{"attempts", plain, failure.Failure{MessageType: "Shop.OrderPlaced", Reason: "MaxDeliveryCountExceeded", ExceptionMessage: "after 3 attempts"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := tt.a.Fingerprint("orders/$DeadLetterQueue", ""), tt.b.Fingerprint("orders/$deadletterqueue", "")
			if (a == b) != tt.same {
				t.Errorf("%s and %s, want the same: %v", a, b, tt.same)
			}
		})
	}
	if base.Fingerprint("error", "x") == base.Fingerprint("error", "y") || base.Fingerprint("error", "x") == base.Fingerprint("error", "") {
		t.Error("by does not split")
	}
	if a, b := base, vary(func(f *failure.Failure) { f.FirstOwnFrame = "Shop.Other" }); a.Fingerprint("error", "x") != b.Fingerprint("error", "x") {
		t.Error("by does not merge")
	}
}

func TestFingerprintsStayOverReleases(t *testing.T) {
	f := failure.Failure{MessageType: "Shop.OrderPlaced", FailingQueue: "shop.billing", ExceptionType: "System.TimeoutException", ExceptionMessage: "after 10 s"}
	if got, want := f.Fingerprint("", ""), "1-bfd9e0622b725d28"; got != want {
		t.Errorf("Fingerprint = %s, want %s: a changed algorithm needs a new version", got, want)
	}
}

func TestGroundsAreWhatAFingerprintStandsOn(t *testing.T) {
	f := failure.Failure{FailingQueue: "Shop.Billing", MessageType: "Shop.OrderPlaced", ExceptionType: "System.Exception", ExceptionMessage: "order 40318 of 'Ann'"}
	want := []failure.Ground{
		{Name: "failing queue", Value: "shop.billing"},
		{Name: "message type", Value: "Shop.OrderPlaced"},
		{Name: "exception type", Value: "System.Exception"},
		{Name: "first own frame"},
		{Name: "exception message", Value: "order # of #", Folded: true},
	}
	if got := f.Grounds("error", ""); !slices.Equal(got, want) {
		t.Errorf("grounds = %+v, want %+v", got, want)
	}
	f.FailingQueue = ""
	want = []failure.Ground{{Name: "source", Value: "billing"}, {Name: "message type", Value: "Shop.OrderPlaced"}, {Name: "by", Value: "22001"}}
	if got := f.Grounds("Billing/$DeadLetterQueue", "22001"); !slices.Equal(got, want) {
		t.Errorf("grounds = %+v, want %+v", got, want)
	}
}
