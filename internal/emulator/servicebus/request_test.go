package servicebus

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// ask attaches a pair of links to an address, sends one request on them and
// returns the answer's application properties. Answers go to where the link
// for them says: by its target as .NET and Go have it, or by its name as
// JavaScript has it.
func (r *raw) ask(handle uint32, address, linkName, replyTarget, replyTo string, request amqp.Map, body any) amqp.Map {
	r.t.Helper()
	r.send(amqp.Attach{Name: linkName + ":sender", Handle: handle, Target: target(address), InitialDeliveryCount: new(uint32(0))})
	expect[amqp.Attach](r)
	expect[amqp.Flow](r)
	r.send(amqp.Attach{Name: linkName, Handle: handle + 1, Receiver: true, Source: source(address), Target: target(replyTarget)})
	expect[amqp.Attach](r)
	r.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 100, OutgoingWindow: 100, Handle: new(handle + 1), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(50))})
	m := amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{"request-1", nil, nil, nil, replyTo})
	m = amqp.AppendSection(m, amqp.SectionApplication, request)
	m = amqp.AppendSection(m, amqp.SectionValue, body)
	t := amqp.Transfer{Handle: handle, DeliveryID: new(handle), DeliveryTag: []byte{1}, MessageFormat: new(uint32(0)), Settled: true}
	r.write(amqp.AppendFrame(nil, amqp.FrameAMQP, 0, t, m))
	for {
		p, payload := r.next()
		if _, ok := p.(amqp.Transfer); !ok {
			continue // flows come when they like
		}
		s, err := amqp.Cut(payload)
		if err != nil {
			r.t.Fatal(err)
		}
		if l, err := amqp.SectionList(s.Properties); err != nil || len(l) < 6 || l[5] != "request-1" {
			r.t.Errorf("correlation of the answer: %v, %v", l, err)
		}
		answer, err := amqp.SectionMap(s.Application)
		if err != nil {
			r.t.Fatal(err)
		}
		return answer
	}
}

func TestRequestsAreAnsweredInEveryClientsWay(t *testing.T) {
	s := start(t, queues("Shop.Billing"))
	store(t, s, "Shop.Billing", 1, "x")
	token := amqp.Map{
		{Key: "operation", Value: "put-token"}, {Key: "type", Value: "servicebus.windows.net:sastoken"}, {Key: "name", Value: "amqp://127.0.0.1/Shop.Billing"},
	}
	peek := amqp.Map{{Key: "operation", Value: "com.microsoft:peek-message"}, {Key: "com.microsoft:tracking-id", Value: "t"}}
	first := amqp.Map{{Key: "from-sequence-number", Value: int64(0)}, {Key: "message-count", Value: int32(5)}}
	lost := amqp.Map{{Key: "operation", Value: "com.microsoft:renew-lock"}}
	const guid = "6f1c3b2a-0000-4000-8000-000000000001"
	for name, tt := range map[string]struct {
		address, link, target, replyTo string
		request                        amqp.Map
		body                           any
		status                         int32
		says                           string
	}{
		".NET token":      {"$cbs", "duplex1", guid, guid, token, "a token", 202, "Accepted"},
		".NET peek":       {"shop.billing/$management", "duplex2", guid, guid, peek, first, 200, "OK"},
		"JavaScript peek": {"Shop.Billing/$management", "reply-link", "", "reply-link", peek, first, 200, "OK"},
		".NET lock lost": {
			"Shop.Billing/$management", "duplex3", guid, guid, lost,
			amqp.Map{{Key: "lock-tokens", Value: amqp.ArrayOf(amqp.UUID{1})}},
			410, "The lock supplied is invalid",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := dialRaw(t, s).open().ask(0, tt.address, tt.link, tt.target, tt.replyTo, tt.request, tt.body)
			for _, key := range []string{"status-code", "statusCode"} {
				if got.Get(key) != tt.status {
					t.Errorf("%s is %v, want %d as an int", key, got.Get(key), tt.status)
				}
			}
			for _, key := range []string{"status-description", "statusDescription"} {
				if text, _ := got.Get(key).(string); !strings.Contains(text, tt.says) {
					t.Errorf("%s is %q", key, text)
				}
			}
			if c := got.Get("errorCondition"); (c == nil) != (tt.status < 300) || c != got.Get("error-condition") {
				t.Errorf("condition %v", c)
			}
		})
	}
}

// Java's client tells by this sentence that trying again is useless.
func TestMissingEntitiesAreNamedAsTheServiceDoes(t *testing.T) {
	s := start(t, queues("q"))
	err := sender(t, dial(t, s), "nowhere").SendMessage(soon(t), text("x"), nil)
	if err == nil || !strings.Contains(err.Error(), "The messaging entity 'nowhere' could not be found. To know more visit") {
		t.Errorf("send: %v", err)
	}
}
