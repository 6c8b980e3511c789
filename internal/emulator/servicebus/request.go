package servicebus

import (
	"errors"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A request is one message on a $cbs or management link.
type request struct {
	id        any // the message-id, which the answer repeats
	replyTo   string
	operation string
	body      amqp.Map
	audience  string // of put-token
	within    scope
	from      listener // the client
	store     *queue   // what a management request is about
	forNode   node
	fault     control.Fault // that it met
}

// An answer is what a request gets. Its zero value is "200 OK" without a body.
type answer struct {
	status      int32
	condition   amqp.Symbol
	description string
	body        amqp.Map
}

// ask answers a request on the link that the client named for it.
func (in *intake) ask(within scope, encoded []byte) error {
	r, err := parseRequest(encoded)
	if err != nil {
		return err
	}
	out := in.replyLink(r.replyTo)
	if out == nil {
		return amqp.Errorf(amqp.NotFound, "no link takes answers to %q", r.replyTo)
	}
	entity := r.audience
	if in.node.exists() {
		entity = in.node.path()
	}
	met := in.ses.c.meet(operation(r.operation), entity)
	if err := met.before(); err != nil && met.Kind == control.DetachForced {
		in.ses.detachLink(&in.link, err)
		return nil
	} else if err != nil {
		out.replies = append(out.replies, failure(err).encode(r.id))
		return nil
	}
	a := answer{status: 202, description: "Accepted"} // of put-token: any token will do
	if in.node.exists() {
		r.within, r.from, r.forNode, r.store, r.fault = within, in.ses.c, in.node, in.node.store(), met.Fault
		a = in.ses.c.s.manage(r)
	} else if r.operation != "put-token" {
		a = failure(amqp.Errorf(amqp.NotImplemented, "operation %q", r.operation))
	}
	if met.answers() {
		out.replies = append(out.replies, a.encode(r.id))
	}
	return nil
}

func parseRequest(encoded []byte) (request, error) {
	var r request
	s, err := amqp.Cut(encoded)
	if err != nil {
		return r, err
	}
	props, err := amqp.SectionList(s.Properties)
	if err != nil {
		return r, err
	}
	if len(props) > 0 {
		r.id = props[0]
	}
	if len(props) > 4 {
		r.replyTo, _ = props[4].(string)
	}
	application, err := amqp.SectionMap(s.Application)
	if err != nil {
		return r, err
	}
	r.operation, _ = application.Get("operation").(string)
	r.audience, _ = application.Get("name").(string)
	if v, ok := amqp.BodyValue(s.Body); ok {
		r.body, _ = v.(amqp.Map)
	}
	return r, nil
}

// replyLink finds the link for answers: in the requester's session first, then
// in the others of its connection.
func (in *intake) replyLink(replyTo string) *outlet {
	if out := in.ses.replyLink(replyTo, in.address); out != nil || replyTo == "" {
		return out
	}
	for _, ses := range in.ses.c.sessions {
		if out := ses.replyLink(replyTo, in.address); out != nil {
			return out
		}
	}
	return nil
}

// replyLink finds the session's link for answers. Some clients name it by its
// target address, some by the name of the link; Python's names none for its
// token and means the link from the same node.
func (ses *session) replyLink(replyTo, address string) *outlet {
	for _, out := range ses.outlets {
		named := out.replyTo == replyTo || out.name == replyTo
		if replyTo == "" {
			named = fold(out.address) == fold(address)
		}
		if named && out.asks && !out.detached {
			return out
		}
	}
	return nil
}

// encode writes an answer with its status in both spellings that clients read.
func (a answer) encode(id any) []byte {
	if a.status == 0 {
		a.status, a.description = 200, "OK"
	}
	application := amqp.Map{
		{Key: "status-code", Value: a.status},
		{Key: "statusCode", Value: a.status},
		{Key: "status-description", Value: a.description},
		{Key: "statusDescription", Value: a.description},
	}
	if a.condition != "" {
		application = append(application,
			amqp.Pair{Key: "error-condition", Value: a.condition}, amqp.Pair{Key: "errorCondition", Value: a.condition})
	}
	body := a.body
	if body == nil {
		body = amqp.Map{}
	}
	out := amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{nil, nil, nil, nil, nil, id})
	out = amqp.AppendSection(out, amqp.SectionApplication, application)
	return amqp.AppendSection(out, amqp.SectionValue, body)
}

// failure is the answer for an error.
func failure(err error) answer {
	e, ok := errors.AsType[*amqp.Error](err)
	if !ok {
		e = amqp.Errorf(argumentError, "%v", err)
	}
	a := answer{status: 400, condition: e.Condition, description: e.Description}
	switch e.Condition {
	case amqp.NotFound, messageNotFound:
		a.status = 404
	case messageLockLost, sessionLockLost:
		a.status = 410
	case amqp.NotAllowed, entityDisabled:
		a.status = 403
	case entityExists:
		a.status = 409
	case amqp.NotImplemented:
		a.status = 501
	case serverBusy:
		a.status = 503
	case timedOut:
		a.status = 408
	case unauthorized:
		a.status = 401
	case amqp.InternalError:
		a.status = 500
	}
	return a
}
