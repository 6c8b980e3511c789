package opsgenie

import (
	"slices"
	"strings"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"

	"github.com/busbell/busbell/internal/notify"
)

// Limits of an alert. Those of note, source and details are not documented, and are
// well below what the service accepted in tests.
const (
	source = "Busbell"

	maxMessage     = 130
	maxDescription = 15_000
	maxNote        = 25_000
	maxEntity      = 512
	maxDetails     = 20 // each with
	maxDetailName  = 50
	maxDetail      = 300
)

var priorities = []alert.Priority{alert.P1, alert.P2, alert.P3, alert.P4, alert.P5}

func create(n notify.Notice, alias string) *alert.CreateAlertRequest {
	r := minimal(n, alias)
	r.Description = description(n)
	r.Details = details(n)
	r.Tags = []string{"busbell"}
	r.Entity = line(n.Subject, maxEntity)
	return r
}

// minimal is an alert whose content the service cannot refuse.
func minimal(n notify.Notice, alias string) *alert.CreateAlertRequest {
	r := &alert.CreateAlertRequest{Message: headline(n), Alias: alias, Source: source}
	if p := alert.Priority(n.Priority); slices.Contains(priorities, p) {
		r.Priority = p
	}
	return r
}

// headline is never empty, because the service requires a message.
func headline(n notify.Notice) string {
	if s := strings.TrimSpace(line(plain(n.Headline), maxMessage)); s != "" {
		return s
	}
	return line("Busbell: "+n.Reason, maxMessage)
}

func description(n notify.Notice) string {
	var parts []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	add(plain(n.Headline))
	var facts strings.Builder
	for _, f := range n.Facts {
		if value := strings.TrimSpace(plain(f.Value)); value != "" {
			facts.WriteString(f.Name + ": " + value + "\n")
		}
	}
	add(facts.String())
	var listed strings.Builder
	for _, l := range n.Lines {
		listed.WriteString(plain(l) + "\n")
	}
	add(listed.String())
	add(n.Trace)
	add(plain(n.Footer))
	return block(strings.Join(parts, "\n\n"), maxDescription)
}

// details repeat the facts, for rules that people define in the service.
func details(n notify.Notice) map[string]string {
	out := map[string]string{"Reason": line(n.Reason, maxDetail)}
	for _, f := range n.Facts {
		if value := line(plain(f.Value), maxDetail); strings.TrimSpace(value) != "" && len(out) < maxDetails {
			out[line(f.Name, maxDetailName)] = value
		}
	}
	return out
}

// note is the text of a reply, or the reason why an alert was closed.
func note(n notify.Notice) string {
	parts := []string{line(plain(n.Headline), maxDetail)}
	if parts[0] == "" {
		parts[0] = headline(n)
	}
	for _, l := range n.Lines {
		parts = append(parts, plain(l))
	}
	if t := strings.TrimSpace(n.Trace); t != "" {
		parts = append(parts, t)
	}
	return block(strings.Join(parts, "\n"), maxNote)
}
