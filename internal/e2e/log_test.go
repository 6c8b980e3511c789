package e2e

import (
	"net/http"
	"net/http/httputil"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// outside are the messages that a handler logs while no function runs.
var outside = []string{
	"starting", "configuration", "stopping",
	`"the configuration is right again"`, `"the ledger does not say whether a wrong configuration was announced before; if one was, the next one may not be"`,
}

var (
	logMessage = regexp.MustCompile(` msg=("(?:[^"\\]|\\.)*"|\S+)`)
	invocation = regexp.MustCompile(` function=(\S+) invocation=(\S+)`)
)

// checkLines looks for lines that were written while a function ran and do not
// say which. A wrong configuration is told while none runs.
func (w *world) checkLines() {
	log := w.log.String()
	if strings.Contains(log, `msg="nothing is watched"`) {
		return
	}
	for line := range strings.Lines(log) {
		m := logMessage.FindStringSubmatch(line)
		if m == nil || slices.Contains(outside, m[1]) {
			continue
		}
		if !invocation.MatchString(line) {
			w.t.Errorf("the line says no invocation: %s", line)
		}
	}
}

func TestEveryLineOfAFunctionNamesItsInvocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.listening()
	var calls atomic.Int64
	host := through(h.url)
	toHandler := host.Rewrite
	host.Rewrite = func(r *httputil.ProxyRequest) {
		toHandler(r)
		r.Out.Header.Set("X-Azure-Functions-InvocationId", "call-"+strconv.FormatInt(calls.Add(1), 10))
	}
	h.url = serve(t, host)
	w.slack.SendClicks(h.url+"/api/slack/actions", clickSecret)

	w.fail("error", refund, 1)
	h.pass()
	w.click(w.only("bus-errors"), "acknowledge")
	h.deliver(event{"e-1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ann","Level":"Gold"}`}, "1")
	h.deliver(event{"e-2", "Shop.Loyalty.CustomerLevelReached", "no body that can be read"}, "1")
	h.call(http.MethodPost, "/api/slack/actions", strings.NewReader("payload={}"))
	h.call(http.MethodPost, "/ErrorQueueTimer", strings.NewReader("{"))
	w.slack.Fail(control.Fault{Method: "chat.postMessage", Kind: control.Refuse, Error: "is_archived"})
	w.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "shop.billing/$DeadLetterQueue", Error: servicebus.Unauthorized})
	w.fail("error", order, 1)
	h.pass()
	if err := h.end(); err != nil { // what a click changed is said by then
		t.Fatal(err)
	}

	logged := map[string]bool{} // what each function said
	for line := range strings.Lines(w.log.String()) {
		if m, said := invocation.FindStringSubmatch(line), logMessage.FindStringSubmatch(line); m != nil && said != nil {
			logged[m[1]+" "+said[1]] = strings.HasPrefix(m[2], "call-")
		}
	}
	for _, want := range []string{
		`ErrorQueueTimer decided`, `ErrorQueueTimer "notice sent"`, `ErrorQueueTimer "pass done"`, `ErrorQueueTimer "invocation failed"`,
		`ErrorQueueTimer "source cannot be read"`, `ErrorQueueTimer "notices wait for the next pass"`,
		`FeatureEventTrigger "notice sent"`, `FeatureEventTrigger "event has no readable body"`,
		`api/slack/actions "notice sent"`, `api/slack/actions "a click was refused: if it was yours, check SLACK_SIGNING_SECRET"`,
	} {
		if !logged[want] {
			t.Errorf("no line %s with its invocation:\n%s", want, w.log)
		}
	}
}
