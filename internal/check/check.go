// Package check finds out whether Busbell has what it needs: settings,
// busbell.yaml, function folders, Service Bus, the ledger, Slack and the pager.
// [Run] returns a [Fact] for each, with what to do where one is not as it
// should be.
package check

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

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/privacy"
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

// Deadline is how long a whole check may take.
const Deadline = time.Minute

// Deadlines of each part. Listing has one of its own: where it is not answered,
// sources can be read all the same.
const (
	partDeadline = 25 * time.Second
	listDeadline = 10 * time.Second
)

// Options say what a check works with.
type Options struct {
	Getenv  func(string) string // the settings
	Routes  []string            // paths that the handler serves
	Version string              // of this build

	// Send has the check post to Slack and raise an alert that closes itself.
	Send bool
}

// A checkup finds out what is so. Its parts run side by side, each with its
// own deadline; what they find is in one order always.
type checkup struct {
	Options
	config.Setup
	listing time.Duration // how long a listing is waited for
}

// Run checks everything that Busbell needs. It changes nothing in the
// namespace.
func Run(ctx context.Context, o Options) []Fact {
	c := &checkup{Options: o, Setup: config.Load(o.Getenv), listing: listDeadline}
	parts := []func(context.Context) []Fact{c.told, c.written, c.functions, c.bus, c.ledger, c.slack, c.pager}
	if o.Send {
		parts = append(parts, c.hello)
	}
	found := make([][]Fact, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { found[i] = runPart(ctx, part) })
	}
	all.Wait()
	facts := slices.Concat(found...)
	masker, err := privacy.New(privacy.Config{})
	for i := range facts { // a secret may stand in a setting that is none
		f := &facts[i]
		if err == nil {
			f.Name, f.Detail = masker.MaskSecrets(f.Name), masker.MaskSecrets(f.Detail)
		}
	}
	return facts
}

// Serve answers with a fact a line: 200 where all is well, else 503.
func Serve(w http.ResponseWriter, r *http.Request, o Options) {
	facts := Run(r.Context(), o)
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

// runPart runs a part of a check in its time. A panic of a library on what
// it met ends the part, not the program.
func runPart(ctx context.Context, part func(context.Context) []Fact) (facts []Fact) {
	ctx, cancel := context.WithTimeout(ctx, partDeadline)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			facts = []Fact{Wrong("check", fmt.Errorf("panic: %v", r))}
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

// Wrong is a fact that is not as it should be, with the cure that the error
// knows: errors of ours say what is wrong, and then what to do.
func Wrong(name string, err error) Fact {
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
	return slices.ContainsFunc(c.Problems, func(p setting.Problem) bool {
		return !p.Warning && slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p.Path, prefix) })
	})
}
