package servicebus

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"

	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// A header carries 49.7 days at most; MassTransit asks for 366.
func TestLongTimesToLiveStayWhatTheyAre(t *testing.T) {
	const asked = "P366D"
	longest := 4294967295 * time.Millisecond
	for keep, want := range map[bool]time.Duration{false: 0, true: longest} {
		s := start(t, Config{KeepLongTTL: keep})
		a := administer(t, s.ConnectionString())
		ttl := asked
		if q, err := a.CreateQueue(soon(t), "q", &admin.CreateQueueOptions{Properties: &admin.QueueProperties{DefaultMessageTimeToLive: &ttl}}); err != nil || *q.DefaultMessageTimeToLive != asked {
			t.Fatalf("queue %+v, %v", q, err)
		}
		if tp, err := a.CreateTopic(soon(t), "t", &admin.CreateTopicOptions{Properties: &admin.TopicProperties{DefaultMessageTimeToLive: &ttl}}); err != nil || *tp.DefaultMessageTimeToLive != asked {
			t.Fatalf("topic %+v, %v", tp, err)
		}
		if sub, err := a.CreateSubscription(soon(t), "t", "s", nil); err != nil || *sub.DefaultMessageTimeToLive != atom.ForEver {
			t.Fatalf("subscription %+v, %v", sub, err)
		}
		if _, err := a.CreateQueue(soon(t), "plain", nil); err != nil {
			t.Fatal(err)
		}
		c := dial(t, s)
		send(t, c, "q", text("x"), &azservicebus.Message{TimeToLive: new(50 * time.Hour)})
		send(t, c, "t", text("x"))
		send(t, c, "plain", &azservicebus.Message{TimeToLive: &longest}, text("x"))
		q := receive(t, receiver(t, c, "q", nil), 2)
		if q[1].TimeToLive == nil || *q[1].TimeToLive != 50*time.Hour {
			t.Errorf("its own: %v", q[1].TimeToLive)
		}
		plain := receive(t, receiver(t, c, "plain", nil), 2)
		if *plain[1].TimeToLive != 0 {
			t.Errorf("none: %v", *plain[1].TimeToLive)
		}
		for entity, m := range map[string]*azservicebus.ReceivedMessage{"q": q[0], "plain": plain[0], "t": receive(t, subscription(t, c, "t", "s", nil), 1)[0]} {
			if got := *m.TimeToLive; got != want {
				t.Errorf("keep %v, %s: TTL %v, want %v", keep, entity, got, want)
			}
		}
		for _, entity := range []string{"q", "t/Subscriptions/s"} {
			snapshot, err := s.Snapshot(entity)
			if err != nil || snapshot.Messages[0].Expires.Sub(snapshot.Messages[0].Enqueued) != 366*24*time.Hour {
				t.Errorf("%s: %+v, %v", entity, snapshot, err)
			}
		}
	}
}
