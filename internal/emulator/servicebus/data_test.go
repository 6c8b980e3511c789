package servicebus

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// held is everything that a server holds, by entity, but for locks.
func held(t *testing.T, s *Server, entities ...string) map[string]Snapshot {
	t.Helper()
	all := map[string]Snapshot{}
	for _, entity := range entities {
		got, err := s.Snapshot(entity)
		if err != nil {
			t.Error(err)
		}
		got.Locked = 0
		for i := range got.Messages {
			got.Messages[i].Locked = false
		}
		all[entity] = got
	}
	return all
}

func restarted(t *testing.T, s *Server, cfg Config) *Server {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return start(t, cfg)
}

// fillUp leaves something of each kind in a server.
func fillUp(t *testing.T, s *Server) {
	t.Helper()
	c := dial(t, s)
	tomorrow := s.Now().Add(24 * time.Hour)
	life := 48 * time.Hour
	for _, body := range []string{"complete", "abandon", "defer", "dead", "locked", "rest"} {
		send(t, c, "p", &azservicebus.Message{
			Body: []byte(body), MessageID: &body, TimeToLive: &life, ApplicationProperties: map[string]any{"n": int32(1)},
		})
	}
	send(t, c, "p", &azservicebus.Message{Body: []byte("scheduled"), ScheduledEnqueueTime: &tomorrow})
	send(t, c, "topic", text("copied"), &azservicebus.Message{Body: []byte("scheduled"), ScheduledEnqueueTime: &tomorrow})
	r := receiver(t, c, "p", nil)
	for _, m := range receive(t, r, 5) {
		var err error
		reason := "because"
		switch string(m.Body) {
		case "complete":
			err = r.CompleteMessage(soon(t), m, nil)
		case "abandon":
			err = r.AbandonMessage(soon(t), m, &azservicebus.AbandonMessageOptions{PropertiesToModify: map[string]any{"tried": true}})
		case "defer":
			err = r.DeferMessage(soon(t), m, nil)
		case "dead":
			err = r.DeadLetterMessage(soon(t), m, &azservicebus.DeadLetterOptions{Reason: &reason})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	send(t, c, "q", inSession("a", "x"), inSession("b", "y"))
	sr := acceptSession(t, c, "a")
	if err := sr.SetSessionState(soon(t), []byte("half way"), nil); err != nil {
		t.Fatal(err)
	}
	id := "once"
	send(t, c, "unique", &azservicebus.Message{Body: []byte("1"), MessageID: &id})
}

var kept = []string{
	"p", "p/$DeadLetterQueue", "topic", "topic/Subscriptions/s", "q", "unique",
}

func dataConfig(t *testing.T) Config {
	return Config{
		Data: filepath.Join(t.TempDir(), "data"),
		Queues: []Queue{
			{Name: "p"}, {Name: "q", RequiresSession: true}, {Name: "unique", RequiresDuplicateDetection: true},
		},
		Topics: []Topic{{Name: "topic", Subscriptions: []Queue{{Name: "s"}}}},
	}
}

func TestMessagesAreThereAfterARestart(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	fillUp(t, s)
	want := held(t, s, kept...)
	if n := want["p"]; n.Active != 3 || n.Deferred != 1 || n.Scheduled != 1 || n.DeadLetter != 1 {
		t.Errorf("before: %+v", n.Counts)
	}
	for i := range 3 { // a restart changes nothing, however often
		s = restarted(t, s, cfg)
		if diff := cmp.Diff(want, held(t, s, kept...), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("after restart %d: %s", i+1, diff)
		}
	}
	c := dial(t, s)
	if state, err := acceptSession(t, c, "a").GetSessionState(soon(t), nil); err != nil || string(state) != "half way" {
		t.Errorf("state of the session: %q, %v", state, err)
	}
	id := "once"
	send(t, c, "unique", &azservicebus.Message{Body: []byte("2"), MessageID: &id})
	if n, _ := s.Counts("unique"); n.Active != 1 {
		t.Errorf("a duplicate was taken: %+v", n)
	}
	send(t, c, "p", text("new"))
	last := want["p"].Messages[len(want["p"].Messages)-1].SequenceNumber
	got, _ := s.Snapshot("p")
	if m := got.Messages[len(got.Messages)-1]; string(m.Body) != "new" || m.SequenceNumber <= last {
		t.Errorf("the new message is %+v, the last one was %d", m, last)
	}
	s.Advance(49 * time.Hour) // scheduled messages become active, the others expire
	if n, _ := s.Counts("p"); n.Scheduled != 0 || n.Deferred != 0 || n.Active != 2 {
		t.Errorf("two days later: %+v", n)
	}
	if n, _ := s.Counts("topic/Subscriptions/s"); n.Active != 2 {
		t.Errorf("two days later the subscription has %+v", n)
	}
}

// compact has the file of a server written anew.
func compact(t *testing.T, s *Server) {
	t.Helper()
	d := s.broker.data
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.compact(); err != nil {
		t.Fatal(err)
	}
}

func TestACompactedFileHoldsTheSame(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	fillUp(t, s)
	want := held(t, s, kept...)
	compact(t, s)
	s = restarted(t, s, cfg)
	if diff := cmp.Diff(want, held(t, s, kept...), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// The file grows with what happens, not with what is there, and is written
// anew by itself.
func TestTheFileIsCompactedByItself(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	d := s.broker.data
	d.writing.Lock()
	d.compactAt = 10_000
	d.writing.Unlock()
	c := dial(t, s)
	send(t, c, "p", text("stays"))
	out := sender(t, c, "topic") // of whose subscription nothing is left
	if err := out.SendMessage(soon(t), &azservicebus.Message{Body: make([]byte, 20_000), TimeToLive: new(time.Nanosecond)}, nil); err != nil {
		t.Fatal(err)
	}
	send(t, c, "p", text("stays"))
	d.writing.Lock()
	if d.compactAt < slack {
		t.Errorf("the file of %d bytes was not compacted", d.file.Size())
	}
	d.writing.Unlock()
	want := held(t, s, "p")
	s = restarted(t, s, cfg)
	if diff := cmp.Diff(want, held(t, s, "p"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersAreNotGivenTwice(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	c := dial(t, s)
	send(t, c, "p", text("last"))
	m := receive(t, receiver(t, c, "p", &azservicebus.ReceiverOptions{ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete}), 1)[0]
	compact(t, s) // nothing tells of the message any more
	s = restarted(t, s, cfg)
	send(t, dial(t, s), "p", text("new"))
	if all, _ := s.Snapshot("p"); all.Messages[0].SequenceNumber <= *m.SequenceNumber {
		t.Errorf("number %d, and %d was given before", all.Messages[0].SequenceNumber, *m.SequenceNumber)
	}
}

func TestATornFileIsCutAndSaid(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	fillUp(t, s)
	want := held(t, s, kept...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(cfg.Data, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString("\x00\x00\x01\x00half a frame")
	_ = f.Close()
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s = start(t, cfg)
	if diff := cmp.Diff(want, held(t, s, kept...), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(log.String(), "bytes=16") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestEntitiesThatClientsMadeAreThereAfterARestart(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	a := administer(t, s.AdminConnectionString())
	made := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lock := "PT2M"
	_, err := a.CreateQueue(soon(t), "made", &admin.CreateQueueOptions{Properties: &admin.QueueProperties{LockDuration: &lock}})
	made(err)
	_, err = a.CreateQueue(soon(t), "gone", nil)
	made(err)
	to := &admin.QueueProperties{LockDuration: &lock, ForwardTo: new("gone")} // which is there now, but not at the restart
	_, err = a.CreateQueue(soon(t), "forwards", &admin.CreateQueueOptions{Properties: to})
	made(err)
	_, err = a.CreateSubscription(soon(t), "topic", "made", nil)
	made(err)
	_, err = a.DeleteRule(soon(t), "topic", "made", "$Default", nil)
	made(err)
	_, err = a.CreateRule(soon(t), "topic", "made", &admin.CreateRuleOptions{Name: new("big"), Filter: &admin.SQLFilter{Expression: "n > 1"}})
	made(err)
	_, err = a.DeleteQueue(soon(t), "gone", nil)
	made(err)
	send(t, dial(t, s), "made", text("x"))
	for _, how := range []string{"as it is", "compacted"} {
		s = restarted(t, s, cfg)
		a = administer(t, s.AdminConnectionString())
		q, err := a.GetQueue(soon(t), "made", nil)
		if err != nil || q == nil || *q.LockDuration != lock {
			t.Errorf("%s: the queue is %+v, %v", how, q, err)
		}
		if n, err := s.Counts("made"); err != nil || n.Active != 1 {
			t.Errorf("%s: it holds %+v, %v", how, n, err)
		}
		q, err = a.GetQueue(soon(t), "forwards", nil)
		if err != nil || q == nil || *q.LockDuration != lock || q.ForwardTo == nil || *q.ForwardTo != "gone" {
			t.Errorf("%s: the queue that forwards is %+v, %v", how, q, err)
		}
		if got, err := a.GetQueue(soon(t), "gone", nil); got != nil {
			t.Errorf("%s: what was deleted is back, %v", how, err)
		}
		var names []string
		for pager := a.NewListRulesPager("topic", "made", nil); pager.More(); {
			page, err := pager.NextPage(soon(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Rules {
				names = append(names, r.Name)
			}
		}
		if fmt.Sprint(names) != "[big]" {
			t.Errorf("%s: rules %v", how, names)
		}
		compact(t, s)
	}
}

// What is taken out of the configuration was accepted all the same.
func TestMessagesOfAnEntityThatIsNoLongerConfiguredAreKept(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	fillUp(t, s)
	want := held(t, s, kept...)
	bare := Config{Data: cfg.Data}
	s = restarted(t, s, bare)
	got := held(t, s, kept...)
	for entity := range want {
		if len(got[entity].Messages) != len(want[entity].Messages) {
			t.Errorf("%s has %d messages, had %d", entity, len(got[entity].Messages), len(want[entity].Messages))
		}
	}
}

func TestNothingIsAcceptedThatCannotBeKept(t *testing.T) {
	cfg := dataConfig(t)
	s := start(t, cfg)
	c := dial(t, s)
	send(t, c, "p", text("kept"))
	s.broker.data.writing.Lock()
	_ = s.broker.data.file.Close() // as a full disk
	s.broker.data.writing.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := sender(t, c, "p").SendMessage(ctx, text("lost"), nil); err == nil {
		t.Error("a message was accepted")
	}
	_ = s.Close()
	s = start(t, cfg)
	if got, _ := s.Snapshot("p"); len(got.Messages) != 1 || string(got.Messages[0].Body) != "kept" {
		t.Errorf("%+v", got)
	}
}

// A field that is added to a message is kept too, or named here as one that
// is not.
func TestEveryFieldOfAMessageIsKept(t *testing.T) {
	m := &message{
		seq: 1, enqueuedSeq: 2, enqueued: 3, due: 4, hasDue: true, state: deferred, deliveries: 5, life: 8, ttl: 6, noteCount: 7,
		notes: []byte("n"), properties: []byte("p"), application: []byte("a"), body: []byte("b"),
		extra: &extra{
			durable: true, priority: uint8(9), firstAcquirer: true, delivery: amqp.Map{{Key: amqp.Symbol("k"), Value: "v"}}, source: "q",
		},
	}
	notKept := []string{"lock", "session", "expiry"}
	for _, v := range []reflect.Value{reflect.ValueOf(*m), reflect.ValueOf(*m.extra)} {
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).IsZero() && !slices.Contains(notKept, name) {
				t.Errorf("this test does not know the field %s", name)
			}
		}
	}
	v, _, err := amqp.Decode(amqp.Append(nil, m.record("q")))
	if err != nil {
		t.Fatal(err)
	}
	r := &recordReader{left: v.(amqp.List)[2:]}
	got := messageOf(r)
	if r.err != nil || len(r.left) != 0 {
		t.Errorf("%v, %d elements left", r.err, len(r.left))
	}
	if diff := cmp.Diff(m, got, cmp.AllowUnexported(message{}, extra{}, lock{}, alarm{}, messageSession{})); diff != "" {
		t.Error(diff)
	}
}
