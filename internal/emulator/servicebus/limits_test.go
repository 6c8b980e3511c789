package servicebus

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/google/go-cmp/cmp"
)

func TestSettingsThatTheServiceDoesNotHaveAreRefused(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "there"}}, Topics: []Topic{{Name: "t"}}})
	a := administer(t, s.ConnectionString())
	for want, p := range map[string]admin.QueueProperties{
		"MaxSizeInMegabytes is 77":                   {MaxSizeInMegabytes: new(int32(77))},
		"MaxSizeInMegabytes is 0":                    {MaxSizeInMegabytes: new(int32(0))},
		"MaxDeliveryCount is 0":                      {MaxDeliveryCount: new(int32(0))},
		"MaxDeliveryCount is 2001":                   {MaxDeliveryCount: new(int32(2001))},
		"LockDuration is PT6M":                       {LockDuration: new("PT6M")},
		"LockDuration is PT0S":                       {LockDuration: new("PT0S")},
		"LockDuration: duration \"1m\"":              {LockDuration: new("1m")},
		"DefaultMessageTimeToLive is PT0.5S":         {DefaultMessageTimeToLive: new("PT0.5S")},
		"AutoDeleteOnIdle is PT4M":                   {AutoDeleteOnIdle: new("PT4M")},
		"DuplicateDetectionHistoryTimeWindow is P8D": {DuplicateDetectionHistoryTimeWindow: new("P8D")},
		"DuplicateDetectionHistoryTimeWindow is PT":  {DuplicateDetectionHistoryTimeWindow: new("PT19S")},
		"UserMetadata has 1025":                      {UserMetadata: new(strings.Repeat("x", 1025))},
		"Status: \"Renaming\" is no status":          {Status: new(admin.EntityStatus("Renaming"))},
		"ForwardTo: the entity 'gone' does not":      {ForwardTo: new("sb://ns.example/gone")},
		"ForwardTo: q cannot forward to itself":      {ForwardTo: new("Q")},
		"an entity that requires sessions cannot":    {ForwardTo: new("there"), RequiresSession: new(true)},
		"ForwardDeadLetteredMessagesTo: the entity":  {ForwardDeadLetteredMessagesTo: new("gone")},
	} {
		_, err := a.CreateQueue(soon(t), "q", &admin.CreateQueueOptions{Properties: &p})
		if httpStatus(err) != http.StatusBadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
		_, err = a.UpdateQueue(soon(t), "there", p, nil)
		if strings.Contains(want, "itself") || strings.Contains(want, "sessions") {
			continue
		}
		if httpStatus(err) != http.StatusBadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("update %+v: %v, want %q", p, err, want)
		}
	}
	if got, err := a.GetQueue(soon(t), "q", nil); got != nil || err != nil {
		t.Errorf("a refused queue is there: %v, %v", got, err)
	}
	if _, err := a.CreateSubscription(soon(t), "t", "s", &admin.CreateSubscriptionOptions{Properties: &admin.SubscriptionProperties{ForwardTo: new("gone")}}); httpStatus(err) != http.StatusBadRequest {
		t.Errorf("a subscription that forwards to nowhere: %v", err)
	}
	if _, err := a.CreateTopic(soon(t), "t2", &admin.CreateTopicOptions{Properties: &admin.TopicProperties{MaxSizeInMegabytes: new(int32(77))}}); httpStatus(err) != http.StatusBadRequest {
		t.Errorf("a topic of 77 MB: %v", err)
	}
}

func TestWhatAnEntityKeepsForEverCannotBeChanged(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q"}}, Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}})
	a := administer(t, s.ConnectionString())
	for name, p := range map[string]admin.QueueProperties{
		"RequiresSession": {RequiresSession: new(true)}, "EnablePartitioning": {EnablePartitioning: new(true)}, "RequiresDuplicateDetection": {RequiresDuplicateDetection: new(true)},
	} {
		if _, err := a.UpdateQueue(soon(t), "q", p, nil); httpStatus(err) != http.StatusBadRequest || !strings.Contains(err.Error(), "'"+name+"' property of an existing Queue cannot be changed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.UpdateTopic(soon(t), "t", admin.TopicProperties{EnablePartitioning: new(true)}, nil); httpStatus(err) != http.StatusBadRequest {
		t.Errorf("topic: %v", err)
	}
	if _, err := a.UpdateSubscription(soon(t), "t", "s", admin.SubscriptionProperties{RequiresSession: new(true)}, nil); httpStatus(err) != http.StatusBadRequest {
		t.Errorf("subscription: %v", err)
	}
}

// Everything that clients may set comes back as it was set, and can be sent
// back as it came.
func TestSettingsAreKept(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "to"}}})
	a := administer(t, s.ConnectionString())
	for _, status := range []admin.EntityStatus{admin.EntityStatusActive, admin.EntityStatusDisabled, admin.EntityStatusSendDisabled, admin.EntityStatusReceiveDisabled} {
		name := "q-" + string(status)
		p := admin.QueueProperties{
			LockDuration: new("PT5M"), MaxSizeInMegabytes: new(int32(4096)), RequiresDuplicateDetection: new(true), RequiresSession: new(false),
			DefaultMessageTimeToLive: new("P366D"), DeadLetteringOnMessageExpiration: new(true), DuplicateDetectionHistoryTimeWindow: new("P7D"),
			MaxDeliveryCount: new(int32(2000)), EnableBatchedOperations: new(false), Status: &status, AutoDeleteOnIdle: new("P427D"),
			EnablePartitioning: new(true), ForwardTo: new("to"), ForwardDeadLetteredMessagesTo: new("to"), UserMetadata: new(`<a> & "b"`),
		}
		made, err := a.CreateQueue(soon(t), name, &admin.CreateQueueOptions{Properties: &p})
		if err != nil {
			t.Fatal(err)
		}
		if *made.MaxSizeInMegabytes != 16*4096 {
			t.Errorf("a partitioned queue has %d MB", *made.MaxSizeInMegabytes)
		}
		got := made.QueueProperties
		for range 2 {
			got.MaxSizeInMegabytes, got.MaxMessageSizeInKilobytes, got.AuthorizationRules = p.MaxSizeInMegabytes, nil, nil
			if diff := cmp.Diff(got, p); diff != "" {
				t.Errorf("%s: %s", status, diff)
			}
			got.MaxSizeInMegabytes = made.MaxSizeInMegabytes
			updated, err := a.UpdateQueue(soon(t), name, got, nil)
			if err != nil || *updated.MaxSizeInMegabytes != 16*4096 {
				t.Fatalf("sent back: %+v, %v", updated, err)
			}
			got = updated.QueueProperties
		}
	}
}
