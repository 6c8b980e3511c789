package servicebus

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
)

const idleTime = 5 * time.Minute

func idleEntities() Config {
	return Config{
		Queues: []Queue{{Name: "q", AutoDeleteOnIdle: idleTime}},
		Topics: []Topic{
			{Name: "t", AutoDeleteOnIdle: idleTime, Subscriptions: []Queue{{Name: "kept"}}},
			{Name: "u", Subscriptions: []Queue{{Name: "s", AutoDeleteOnIdle: idleTime}}},
		},
	}
}

func exists(s *Server, entity string) bool {
	_, err := s.Counts(entity)
	return err == nil
}

func TestIdleEntitiesAreDeleted(t *testing.T) {
	s := start(t, idleEntities())
	entities := []string{"q", "t", "t/Subscriptions/kept", "u/Subscriptions/s"}
	s.Advance(idleTime - time.Second)
	for _, e := range entities {
		if !exists(s, e) {
			t.Errorf("%s is gone too early", e)
		}
	}
	s.Advance(time.Second)
	for _, e := range entities {
		if exists(s, e) {
			t.Errorf("%s is still there", e)
		}
	}
	if !exists(s, "u") {
		t.Error("a topic went with its subscription")
	}
}

func TestUsedEntitiesAreKept(t *testing.T) {
	for name, tt := range map[string]struct {
		entity string
		use    func(*testing.T, *Server, *azservicebus.Client)
	}{
		"send": {"q", func(t *testing.T, _ *Server, c *azservicebus.Client) { send(t, c, "q", text("x")) }},
		"peek": {"q", func(t *testing.T, _ *Server, c *azservicebus.Client) {
			r := receiver(t, c, "q", nil)
			peek(t, r)
			_ = r.Close(soon(t))
		}},
		"update": {"q", func(t *testing.T, s *Server, _ *azservicebus.Client) {
			a := administer(t, s.ConnectionString())
			if _, err := a.UpdateQueue(soon(t), "q", admin.QueueProperties{AutoDeleteOnIdle: new("PT5M")}, nil); err != nil {
				t.Error(err)
			}
		}},
		"publish": {"t", func(t *testing.T, _ *Server, c *azservicebus.Client) { send(t, c, "t", text("x")) }},
		"receive from a subscription": {"t", func(t *testing.T, _ *Server, c *azservicebus.Client) {
			r := subscription(t, c, "t", "kept", nil)
			peek(t, r)
			_ = r.Close(soon(t))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, idleEntities())
			c := dial(t, s)
			s.Advance(idleTime - time.Second)
			tt.use(t, s, c)
			s.Advance(idleTime - time.Second)
			if !exists(s, tt.entity) {
				t.Errorf("%s is gone", tt.entity)
			}
			s.Advance(2 * time.Second)
			if exists(s, tt.entity) {
				t.Errorf("%s is still there", tt.entity)
			}
		})
	}
}

func TestAnAttachedReceiverOrAScheduledMessageKeepsAnEntity(t *testing.T) {
	s := start(t, idleEntities())
	c := dial(t, s)
	r := dialRaw(t, s).open()
	r.attachIn("u/Subscriptions/s")
	due := s.Now().Add(3 * idleTime)
	send(t, c, "q", &azservicebus.Message{ScheduledEnqueueTime: &due})
	s.Advance(3*idleTime - time.Minute)
	for _, e := range []string{"q", "u/Subscriptions/s"} {
		if !exists(s, e) {
			t.Errorf("%s is gone", e)
		}
	}
}
