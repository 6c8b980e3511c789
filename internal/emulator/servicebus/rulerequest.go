package servicebus

import (
	"net/http"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/rule"
)

// manageRules does what a client asks about the rules of a subscription on its
// management link.
func (s *Server) manageRules(r request) (answer, error) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	q := r.store
	if q.parentTopic == nil {
		return answer{}, amqp.Errorf(amqp.NotAllowed, "%s has no rules: it is no subscription", r.forNode.path())
	}
	if strings.HasSuffix(r.operation, "enumerate-rules") {
		return q.enumerateRules(r)
	}
	name, err := field[string](r, "rule-name")
	if err != nil {
		return answer{}, err
	}
	if strings.HasSuffix(r.operation, "remove-rule") {
		return answer{}, q.removeRule(name)
	}
	description, err := field[amqp.Map](r, "rule-description")
	if err != nil {
		return answer{}, err
	}
	asked, err := rule.FromMap(name, description)
	if err != nil {
		return answer{}, err
	}
	if err := q.addRule(asked); err != nil {
		return answer{}, err
	}
	s.broker.data.administered(adminRecord{method: http.MethodPut, path: q.path + "/Rules/" + name, body: []byte(q.ruleEntry(asked))})
	return answer{}, nil
}

func (q *queue) enumerateRules(r request) (answer, error) {
	skip, err := field[int32](r, "skip")
	if err != nil {
		return answer{}, err
	}
	top, err := field[int32](r, "top")
	if err != nil {
		return answer{}, err
	}
	var all amqp.List
	for _, each := range q.rules[min(max(int(skip), 0), len(q.rules)):] {
		if len(all) < int(top) {
			all = append(all, amqp.Map{{Key: "rule-description", Value: each.Describe()}})
		}
	}
	if len(all) == 0 {
		return answer{status: 204, description: "No rules"}, nil
	}
	return answer{body: amqp.Map{{Key: "rules", Value: all}}}, nil
}
