package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// A Fact is one thing that Busbell needs, and whether it is so. It holds the
// names of settings, never what they say.
type Fact struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`

	// Cure is what to do about it. On a fact that is OK it is advice.
	Cure string `json:"cure"`
}

// Deadlines of a check: of each part, and of all together. Listing has one of
// its own: where it is not answered, sources can be read all the same.
const (
	partDeadline  = 25 * time.Second
	listDeadline  = 10 * time.Second
	checkDeadline = time.Minute
)

// A checkup finds out what is so. Its parts run side by side, each with its
// own deadline; what they find is in one order always.
type checkup struct {
	settings Settings
	problems []setting.Problem
	file     string // the path of busbell.yaml
	config   Config
	faults   []Fault
	getenv   func(string) string
	listing  time.Duration // how long a listing is waited for
}

// Check looks at everything that Busbell needs. With hello it also says so in
// Slack and through the pager. It changes nothing in the namespace.
func Check(ctx context.Context, getenv func(string) string, hello bool) []Fact {
	c := &checkup{getenv: getenv, listing: listDeadline}
	c.settings, c.problems = FromEnv(getenv)
	c.file = configPath(c.settings, getenv)
	c.config, c.faults = LoadConfig(c.file)
	c.problems = append(c.problems, c.settings.Warn(c.config)...)
	parts := []func(context.Context) []Fact{c.told, c.written, c.functions, c.bus, c.ledger, c.slack, c.pager}
	if hello {
		parts = append(parts, c.hello)
	}
	found := make([][]Fact, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { found[i] = runPart(ctx, part) })
	}
	all.Wait()
	return slices.Concat(found...)
}

// runPart runs a part of a check in its time. A panic of a library on what
// it met ends the part, not the program.
func runPart(ctx context.Context, part func(context.Context) []Fact) (facts []Fact) {
	ctx, cancel := context.WithTimeout(ctx, partDeadline)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			facts = []Fact{wrong("check", fmt.Errorf("panic: %v", r))}
		}
	}()
	return part(ctx)
}

// Well reports whether all facts are as they should be.
func Well(facts []Fact) bool {
	return !slices.ContainsFunc(facts, func(f Fact) bool { return !f.OK })
}

func fine(name, format string, args ...any) Fact {
	return Fact{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)}
}

// wrong is a fact that is not as it should be, with the cure that the error
// knows: errors of ours say what is wrong, and then what to do.
func wrong(name string, err error) Fact {
	f := Fact{Name: name, Detail: inOneLine(err)}
	if known, ok := errors.AsType[*setting.Cured](err); ok {
		f.Detail, f.Cure = inOneLine(known.Err), known.Cure
	} else if at := strings.LastIndex(f.Detail, "; "); at > 0 {
		f.Detail, f.Cure = f.Detail[:at], f.Detail[at+2:]
	}
	switch {
	case signIn.MatchString(f.Detail):
		f.Detail = strings.TrimRight(noReport.ReplaceAllString(f.Detail, ""), " .:")
		f.Cure = "give the app its identity, and see that the settings that end in __clientId name it; on a laptop: az login"
	case unanswered(err):
		f.Detail, f.Cure = "no answer in time", "try again; if it stays so, see what stands between"
	case f.Cure == "":
		f.Cure = "try again; if it stays so, see docs/operations.md"
	}
	return f
}

// What Azure's libraries say where they cannot sign in, and the report of
// requests that they append.
var (
	signIn   = regexp.MustCompile(`\b\w+Credential\b`)
	noReport = regexp.MustCompile(`\s(GET|POST) https?://.*$|\sTo troubleshoot, visit .*$`)
)

func inOneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// unanswered reports whether a deadline has passed. Some errors of ours are
// texts alone, so that no secret is in them.
func unanswered(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), context.DeadlineExceeded.Error())
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// broken reports whether a setting whose name begins so is wrong.
func (c *checkup) broken(prefixes ...string) bool {
	return slices.ContainsFunc(c.problems, func(p setting.Problem) bool {
		return !p.Warning && slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p.Path, prefix) })
	})
}

// check answers whoever has the function's key: 200 where all is well, else
// 503, with a fact a line. It reads settings and busbell.yaml by itself, so
// that it can say what is wrong with them.
func (a *App) check(w http.ResponseWriter, r *http.Request) {
	facts := Check(r.Context(), a.getenv, false)
	w.Header().Set("Content-Type", "application/x-ndjson")
	if !Well(facts) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, f := range facts {
		_ = lines.Encode(f) // nobody to tell
	}
}
