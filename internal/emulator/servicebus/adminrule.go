package servicebus

import (
	"errors"
	"net/http"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// ruleAt takes apart the path of a rule, or of all rules, of a subscription
// that exists.
func (b *broker) ruleAt(path string) (sub *queue, name string, ok bool) {
	const list = "/rules"
	i := strings.LastIndex(strings.ToLower(path), list)
	if i < 0 {
		return nil, "", false
	}
	rest := path[i+len(list):]
	n := b.find(path[:i])
	if rest != "" && rest[0] != '/' || n.queue == nil || n.queue.parentTopic == nil {
		return nil, "", false
	}
	return n.queue, strings.Trim(rest, "/"), true
}

// getRule answers with a rule or, without a name, with all of them.
func (q *queue) getRule(name string, r *http.Request) response {
	if name == "" {
		var all []string
		for _, each := range q.rules {
			all = append(all, q.ruleEntry(each.Rule))
		}
		return listing(r, "Rules", all)
	}
	i := q.ruleNamed(name)
	if i < 0 {
		return refusedFor(q.noRule(name))
	}
	return found(q.ruleEntry(q.rules[i].Rule))
}

// putRule creates a rule, or replaces one if the client says that it means to.
func (q *queue) putRule(name string, d atom.Description, change bool) response {
	if d.Rule == nil {
		return badRequest(errors.New("a rule is described by a RuleDescription, not by a " + d.Kind))
	}
	r, err := d.Rule.Rule(name)
	if err != nil {
		return badRequest(err)
	}
	status := http.StatusCreated
	if change {
		status, err = http.StatusOK, q.changeRule(r)
	} else {
		err = q.addRule(r)
	}
	if err != nil {
		return refusedFor(err)
	}
	return response{status, q.ruleEntry(q.rules[q.ruleNamed(r.Name)].Rule)}
}

func (q *queue) deleteRule(name string) response {
	if err := q.removeRule(name); err != nil {
		return refusedFor(err)
	}
	return response{status: http.StatusOK}
}

// refusedFor is an error of the broker as administration says it.
func refusedFor(err error) response {
	e, ok := errors.AsType[*amqp.Error](err)
	switch {
	case !ok:
		return badRequest(err)
	case e.Condition == amqp.NotFound:
		return failed(http.StatusNotFound, e.Description+moreInfo)
	case e.Condition == entityExists:
		return failed(http.StatusConflict, e.Description+moreInfo)
	}
	return badRequest(errors.New(e.Description))
}

// moreInfo is how the service ends its sentences.
const moreInfo = " To know more visit https://aka.ms/sbResourceMgrExceptions."

func (q *queue) ruleEntry(r Rule) string {
	return atom.Entry(q.path+"/Rules/"+r.Name, r.Name, "RuleDescription", r.XML(atom.Escape), r.CreatedAt)
}
