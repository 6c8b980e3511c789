package condition_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/condition"
)

func TestWrongExpressionsSayWhereAndWhatWasMeant(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
		want   string
	}{
		{``, 0, "an empty expression; write one like incident.count >= 100"},
		{`failure.mesageType == "x"`, 8, `failure has no field "mesageType"; did you mean "messageType"?`},
		{`true && failure.hndler.startsWith("x")`, 16, `failure has no field "hndler"; did you mean "handler"?`},
		{`failure.inerMessage == "x"`, 8, `failure has no field "inerMessage"; did you mean "innerMessage"?`},
		{`failure.reasn == "x"`, 8, `failure has no field "reasn"; did you mean "reason"?`},
		{`failure.descripton == "x"`, 8, `failure has no field "descripton"; did you mean "description"?`},
		{`message.tpye == "x"`, 8, `message has no field "tpye"; did you mean "type"?`},
		{`failur.messageType == "x"`, 0, `unknown name "failur"; did you mean "failure"?`},
		{`"é" == x.y`, 8, `unknown name "x"; known here: failure, incident, source, message, headers`},
		{`event.Level == "Gold"`, 0, `event is not known here; known here: failure, incident, source, message, headers`},
		{`incident == 1`, 0, `incident is not a value by itself; write incident.count, incident.generation, incident.age, incident.firstSeen`},
		{`failure.messageType.startWith("x")`, 20, `unknown function "startWith"; did you mean "startsWith"?`},
		{`nmuber(failure.messageType) == ""`, 0, `unknown function "nmuber"; did you mean "number"?`},
		{`failure.messageType = "x"`, 20, `= is no comparison; write ==`},
		{`failure.messageType == 3`, 20, `== does not stand between a string and an int; numbers stand without quotes, texts with them; string(…) and int(…) convert`},
		{`incident.age > "2h"`, 13, `> does not stand between a duration and a string; write the duration as duration("2h")`},
		{`incident.age > 2h`, 16, `a duration stands in a function; write duration("2h")`},
		{`incident.firstSeen > "2026-01-01"`, 19, `> does not stand between a timestamp and a string; write the time as timestamp("2026-12-31T00:00:00Z")`},
		{`incident.count > 1 and true`, 19, `and, or, not are written in signs; write &&, ||, !`},
		{`not source.deadLetter`, 4, `and, or, not are written in signs; write &&, ||, !`},
		{`incident.count >= 100 ||`, 24, `an expression that ends too early; finish it, or leave out the last operator`},
		{`failure.handler == "x`, 19, `a text without an end; end it with "`},
		{`a b c`, 2, `not an expression from here on; texts stand in "…" or '…', conditions are joined with && and ||`},
		{`failure.messageType && true`, 7, `expected a bool, found a string; compare it, like incident.count >= 100`},
		{`failure.messageType`, 0, `a condition must be true or false, this is a string; compare it, like incident.count >= 100`},
		{`incident.count`, 0, `a condition must be true or false, this is an int; compare it, like incident.count >= 100`},
		{`failure.messageType.matches("(")`, 0, "error parsing regexp: missing closing ): `(`; mend that constant"},
		{strings.Repeat("!", 4097) + "true", 0, `an expression of 4101 bytes; at most 4096 are read`},
	} {
		_, problems := condition.Compile(tt.text, condition.Incidents)
		if len(problems) != 1 {
			t.Errorf("%.60s: %v, want one problem", tt.text, problems)
			continue
		}
		p := problems[0]
		if got := p.What + "; " + p.Cure; got != tt.want || p.Offset != tt.offset {
			t.Errorf("%.60s\n got %d %s\nwant %d %s", tt.text, p.Offset, got, tt.offset, tt.want)
		}
	}
}

func TestEveryUnknownNameIsReportedAtOnce(t *testing.T) {
	_, problems := condition.Compile(`failure.hndler == "a" || incident.cuont > 3 || sorce.name == "b"`, condition.Incidents)
	if len(problems) != 3 || problems[0].Offset != 8 || problems[1].Offset != 34 || problems[2].Offset != 47 {
		t.Errorf("problems = %+v", problems)
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("(", 2000) + "true" + strings.Repeat(")", 2000),
		strings.Repeat("[", 2000) + strings.Repeat("]", 2000),
		strings.Repeat("-(", 1500) + "1" + strings.Repeat(")", 1500) + " > 0",
	} {
		if _, problems := condition.Compile(text, condition.Events); len(problems) != 1 {
			t.Errorf("%.20s…: %v", text, problems)
		}
	}
}
