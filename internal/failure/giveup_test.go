package failure_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// described is what Rebus tells a second-level handler of n attempts that failed
// with an exception: a line end alone parts them.
func described(n int, stamp, exception string) string {
	return strings.ReplaceAll(attempts(n, stamp, exception), "\n\n", "\n")
}

// A handler that gives up passes on what Rebus told it: in its own words, in any
// culture, cut anywhere behind the first own frame and by any of Rebus' ways to
// dead-letter, it is one problem, that of the attempts.
func TestGivingUpIsTheProblemOfTheAttempts(t *testing.T) {
	const app = "Rebus.Exceptions.RebusApplicationException"
	exception := "System.TimeoutException: Charging order 40338 took longer than 30 s\n ---> System.IO.IOException: gone\n   at Shop.Gateway.Pay()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames
	reader, prints := failure.NewReader(failure.Config{}), map[string]string{}
	for _, stamp := range []string{stamp, "24.11.2026 14.41.30 +01:00", "2026-11-24 14 h 41 min 30 s +01:00", "2026. 11. 24. 오후 2:41:30 +01:00"} {
		for n, told := range map[int]string{1: described(1, stamp, exception), 5: described(5, stamp, exception)} {
			for _, words := range []string{"%s", "Gave up: %s", "Opgivet efter 5 forsøg (ordre 40338): %s", "%s - giving up", "After 3 unhandled exceptions: no more.\n%s"} {
				said := fmt.Sprintf(words, told)
				whole := said + ": " + app + ": " + said
				ways := map[string]*message.Message{
					"header": rebus(whole), "of Rebus 7": rebus(app + ": " + said),
					"at a limit":         rebus(limited(whole+strings.Repeat("x", 32_000), 32_000, " (...)")),
					"native":             nativeGiveUp(said, "ExceptionInfo { Type = "+app+", Rebus, Message = "+said+", Details = "+app+": "+said+", Time = "+stamp+" }"),
					"of Rebus 7, native": nativeGiveUp(said, app+": "+said),
				}
				for _, at := range []int{900, 1500, len(said), len(whole) - 40} {
					if at < len(whole) && n == 5 {
						ways[fmt.Sprintf("cut at %d", at)] = rebus(limited(whole, at, "(...)"))
						ways[fmt.Sprintf("cut by the team at %d", at)] = rebus(strings.ToValidUTF8(whole[:at], ""))
					}
				}
				for way, m := range ways {
					name := fmt.Sprintf("%d, %s, %s, %s", n, stamp, words, way)
					got := reader.Read(m, enqueued)
					if got.ExceptionType != "System.TimeoutException" || got.ExceptionMessage != "Charging order 40338 took longer than 30 s" ||
						got.FirstOwnFrame != "Shop.Gateway.Pay" || got.Attempts != n || got.FailedAt.Sub(enqueued).Abs() > time.Minute {
						t.Errorf("%s: %q %q at %q, %d attempts, %v", name, got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame, got.Attempts, got.FailedAt)
					}
					prints[got.Fingerprint(m.Entity, "")] = name
				}
			}
		}
	}
	if len(prints) != 1 {
		t.Errorf("one problem has %d fingerprints: %v", len(prints), prints)
	}
}

func nativeGiveUp(reason, description string) *message.Message {
	cut := func(s string) string {
		if len([]rune(s)) <= 4_096 {
			return s
		}
		return limited(s, 4_096, " (...)")
	}
	return &message.Message{Entity: "shop.billing/$DeadLetterQueue", EnqueuedAt: enqueued, Properties: map[string]any{
		"rbs2-msg-type": "Shop.OrderPlaced, Shop", "DeadLetterReason": cut(reason), "DeadLetterErrorDescription": cut(description),
	}}
}

// What an exception of Rebus 7 and before prints behind its frames is no part of
// its message, and the wrapper's ending is not its own.
func TestATailBehindTheFramesChangesNothing(t *testing.T) {
	reader := failure.NewReader(failure.Config{})
	wrap := func(form, message, exception string) *message.Message {
		return rebus(fmt.Sprintf(strings.ReplaceAll(form, "\r", ""), message, exception, exception))
	}
	const core = "System.AggregateException: 2 unhandled exceptions (%[1]s) (%[1]s)\n ---> %[2]s\n   --- End of inner exception stack trace ---\n ---> (Inner Exception #1) %[3]s<---\n"
	const framework = "System.AggregateException: 2 unhandled exceptions ---> %[2]s\n   --- Fin de la trace ---\n---> (Exception interne n° 0) %[2]s<---\n\n---> (Exception interne n° 1) %[3]s<---\n"
	for _, exception := range []string{
		"Shop.A: a\n" + handle + pipelineFrames,
		"Shop.A: a\n ---> Shop.B: b\n   at Shop.Disk.Read()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
	} {
		want := reader.Read(wrap(core, "a", exception), enqueued)
		if want.ExceptionType != "Shop.A" || want.ExceptionMessage != "a" || want.FirstOwnFrame == "" || want.Handler != "Shop.Billing.Handlers.Charge" {
			t.Fatalf("without a tail: %+v", want)
		}
		for _, tail := range []string{
			"\nOrder: 40325", "\nClientConnectionId:7a1d0f3c-25a2-4f0a-9a52-6d1f6d2f6c11\nError Number:2627,State:1,Class:14", "\n\nData:\n  { \"cvr\": 12345678 }", "\n", "\nsee --- here ---", "\n ---> not an arrow",
		} {
			for name, form := range map[string]string{"core": core, "framework": framework} {
				got := reader.Read(wrap(form, "a", exception+tail), enqueued)
				if got.ExceptionType != want.ExceptionType || got.ExceptionMessage != want.ExceptionMessage || got.FirstOwnFrame != want.FirstOwnFrame || got.Handler != want.Handler {
					t.Errorf("%s, tail %q: %q %q at %q, handler %q", name, tail, got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame, got.Handler)
				}
			}
		}
	}
}

func TestAFailureIsAsOldAsItsLastAttempt(t *testing.T) {
	first, last := "11/24/2026 2:01:30 PM +01:00", "11/24/2026 2:41:30 PM +01:00"
	trace := ": Shop.A: a\n" + handle + pipelineFrames
	for name, m := range map[string]*message.Message{
		"attempts":           rebus("2 unhandled exceptions: " + first + trace + "\n\n" + last + trace),
		"given up":           rebus("Gave up: 2 unhandled exceptions: " + first + trace + "\n" + last + trace),
		"one that differs":   rebus("2 unhandled exceptions: " + first + trace + "\n\n" + last + ": Shop.B: b\n" + handle + pipelineFrames),
		"native dead letter": nativeGiveUp("2 unhandled exceptions", "ExceptionInfo { Type = System.AggregateException, mscorlib, Message = 2 unhandled exceptions, Details = "+first+trace+"\n\n"+first+trace+", Time = "+last+" }"),
	} {
		if got := failure.NewReader(failure.Config{}).Read(m, enqueued).FailedAt; !got.Equal(enqueued.Add(-time.Second)) {
			t.Errorf("%s: failed at %v", name, got)
		}
	}
}
