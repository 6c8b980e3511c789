package source

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/busbell/busbell/internal/setting"
)

var (
	entityName       = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/~-]*[A-Za-z0-9])?$`)
	subscriptionName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	subQueue         = regexp.MustCompile(`(?i)/\$(transfer/\$)?deadletterqueue$`)
)

// The maximal lengths are not in the expressions: counted there, they would make
// every start slower.
const (
	maxEntity       = 260
	maxSubscription = 50
)

// Validate checks each source, and that no two have the same path or name. The
// problems' paths are relative to the list. The broker ignores case in names.
func Validate(all []Source) []setting.Problem {
	var found []setting.Problem
	entities, labels := map[string]int{}, map[string]int{}
	for i, p := range all {
		at := fmt.Sprintf("[%d]", i)
		problems := p.validate()
		found = append(found, setting.Under(at, problems)...)
		if len(problems) > 0 {
			continue
		}
		entity, label := strings.ToLower(p.Entity()), strings.ToLower(p.Label())
		if first, twice := entities[entity]; twice {
			found = append(found, setting.Problem{Path: at, What: fmt.Sprintf("%s is already sources[%d]", p.Entity(), first), Cure: "remove one of them"})
			continue
		}
		if first, twice := labels[label]; twice {
			found = append(found, setting.Problem{Path: at, What: fmt.Sprintf("sources[%d] is called %s too", first, p.Label()), Cure: "give each its own name"})
		}
		entities[entity], labels[label] = i, i
	}
	return found
}

func (p Source) validate() []setting.Problem {
	var found []setting.Problem
	add := func(path, what, cure string) {
		found = append(found, setting.Problem{Path: path, What: what, Cure: cure})
	}
	switch {
	case p.Queue != "" && (p.Topic != "" || p.Subscription != ""):
		add("", "a source is a queue or a subscription, not both", "make two sources of it")
	case p.Queue == "" && p.Topic == "" && p.Subscription == "":
		add("", "a source without a queue", "write queue: NAME, or topic: NAME with subscription: NAME")
	case p.Topic != "" && p.Subscription == "":
		add("", "a topic without a subscription", "write subscription: NAME beside it")
	case p.Subscription != "" && p.Topic == "":
		add("", "a subscription without its topic", "write topic: NAME beside it")
	case p.Subscription != "" && !p.DeadLetter && !p.TransferDeadLetter:
		add("", "what lies in a subscription is not failed", "write deadLetter: true beside it")
	}
	if p.DeadLetter && p.TransferDeadLetter {
		add("transferDeadLetter", "one source is one place", "make two sources: one with deadLetter, one with transferDeadLetter")
	}
	if p.Queue != "" && strings.Trim(p.Queue, "*") == "" && !p.SubQueue() {
		add("queue", "every message of every queue would be taken for failed", `write "*_error" for the queues with such names, or deadLetter: true beside it`)
	}
	if p.Pattern() && p.Name != "" {
		add("name", "one name for all that a pattern finds", "leave it out: each is called by its path")
	}
	found = append(found, entityProblems("queue", p.Queue)...)
	found = append(found, entityProblems("topic", p.Topic)...)
	if p.Subscription != "" && (len(p.Subscription) > maxSubscription || !subscriptionName.MatchString(example(p.Subscription))) {
		add("subscription", fmt.Sprintf("%.60q is not a subscription's name", p.Subscription), "at most 50 letters, digits, dots, hyphens, underscores")
	}
	if strings.ContainsFunc(p.Name, func(r rune) bool { return r < ' ' }) || len(p.Name) > 260 {
		add("name", "not a name that can be shown", "at most 260 characters on one line")
	}
	return found
}

// entityProblems checks the name of a queue or a topic.
func entityProblems(path, name string) []setting.Problem {
	p := setting.Problem{Path: path}
	switch {
	case name == "" || len(name) <= maxEntity && entityName.MatchString(example(name)):
		return nil
	case subQueue.MatchString(name):
		base := subQueue.ReplaceAllString(name, "")
		p.Offset = len(base)
		p.What, p.Cure = "a sub-queue is not part of the name", fmt.Sprintf("write %s: %s with deadLetter: true", path, base)
		if strings.Contains(strings.ToLower(name), "$transfer") {
			p.Cure = fmt.Sprintf("write %s: %s with transferDeadLetter: true", path, base)
		}
	case strings.Contains(name, "://"):
		p.What, p.Cure = "an address where a name belongs", "write the name alone; the namespace comes from the setting ServiceBus"
	default:
		p.What, p.Cure = fmt.Sprintf("%.60q is not the name of a %s", name, path), "at most 260 letters, digits, dots, hyphens, underscores, slashes"
	}
	return []setting.Problem{p}
}

// example is a name that matches a pattern.
func example(pattern string) string { return strings.ReplaceAll(pattern, "*", "x") }
