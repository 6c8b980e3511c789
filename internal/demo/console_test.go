package demo

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/emulator/functions"
)

func TestConsoleShowsSlackWithoutItsMarkup(t *testing.T) {
	for in, want := range map[string]string{
		":red_circle: 3 failed *PlaceOrder* in *shop.orders*: `A&lt;B&gt;` &amp; more":          "🔴 3 failed PlaceOrder in shop.orders: A<B> & more",
		"Snoozed until <!date^1795716825^{date_short} {time}|18:13 UTC> by <@U0ANN> and <@U1>.": "Snoozed until 18:13 UTC by @ann and @U1.",

		"2 * 3 * 4": "2 * 3 * 4",
		"":          "",
	} {
		if got := plain(in, map[string]string{"U0ANN": "ann"}); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestConsoleDoesNotObeyWhatOthersWrote(t *testing.T) {
	var out strings.Builder
	(&console{out: &out}).say("💬", "%s", "red \x1b[31m\r\nnext \u202eline\u009b2J")
	if strings.ContainsAny(strings.TrimSuffix(out.String(), "\n"), "\x1b\r\n\u202e\u009b") {
		t.Errorf("printed %q", out.String())
	}
}

func TestTroubleIsToldOnce(t *testing.T) {
	var out strings.Builder
	c := &console{out: &out}
	for range 3 {
		c.host(functions.Event{Kind: functions.Line, Line: `time=12:00:00.000 level=ERROR msg="nothing is watched"`})
		c.host(functions.Event{Kind: functions.Line, Line: `time=12:00:00.000 level=INFO msg="pass done"`})
		c.host(functions.Event{Kind: functions.Exited, Level: slog.LevelInfo})
		c.host(functions.Event{Kind: functions.Ran, Function: "ErrorQueueTimer"})
	}
	if got := out.String(); strings.Count(got, "\n") != 1 || !regexp.MustCompile(`handler: level=ERROR msg="nothing is watched"`).MatchString(got) {
		t.Errorf("printed %q", got)
	}
}

func TestConsoleTellsOfRemarksOnly(t *testing.T) {
	for text, want := range map[string]bool{
		"Growing: 8 messages now, 3 when first told.":                 true,
		"Resolved after 17s: no message of it is left in any source.": false,
		"The whole trace. Messages: 1, 2, 3":                          false,
	} {
		if got := saysMore(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
