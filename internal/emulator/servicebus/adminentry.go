package servicebus

import (
	"fmt"
	"strconv"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// readQueue puts into a queue's settings what a description says about them.
func readQueue(a atom.Elements, q *Queue) error {
	q.ForwardTo = a.Or("ForwardTo", q.ForwardTo)
	q.ForwardDeadLetteredMessagesTo = a.Or("ForwardDeadLetteredMessagesTo", q.ForwardDeadLetteredMessagesTo)
	r := reader{a: a}
	r.duration("LockDuration", &q.LockDuration)
	r.duration("DefaultMessageTimeToLive", &q.DefaultMessageTimeToLive)
	r.duration("DuplicateDetectionHistoryTimeWindow", &q.DuplicateDetectionHistoryTimeWindow)
	r.duration("AutoDeleteOnIdle", &q.AutoDeleteOnIdle)
	r.flag("DeadLetteringOnMessageExpiration", &q.DeadLetteringOnMessageExpiration)
	r.flag("RequiresSession", &q.RequiresSession)
	r.flag("RequiresDuplicateDetection", &q.RequiresDuplicateDetection)
	r.flag("EnablePartitioning", &q.EnablePartitioning)
	r.number("MaxDeliveryCount", &q.MaxDeliveryCount)
	r.read("Status", q.Status.parse)
	return r.err
}

// readTopic does the same for a topic.
func readTopic(a atom.Elements, t *Topic) error {
	r := reader{a: a}
	r.duration("DefaultMessageTimeToLive", &t.DefaultMessageTimeToLive)
	r.duration("DuplicateDetectionHistoryTimeWindow", &t.DuplicateDetectionHistoryTimeWindow)
	r.duration("AutoDeleteOnIdle", &t.AutoDeleteOnIdle)
	r.flag("RequiresDuplicateDetection", &t.RequiresDuplicateDetection)
	r.flag("EnablePartitioning", &t.EnablePartitioning)
	r.read("Status", t.Status.parse)
	return r.err
}

// A reader turns elements into values and keeps the first mistake.
type reader struct {
	a   atom.Elements
	err error
}

func (r *reader) read(name string, parse func(string) error) {
	if v := r.a[name]; v != "" && r.err == nil {
		if err := parse(v); err != nil {
			r.err = fmt.Errorf("%s: %w", name, err)
		}
	}
}

func (r *reader) duration(name string, to *time.Duration) {
	r.read(name, func(s string) (err error) { *to, err = atom.ParseDuration(s); return err })
}

func (r *reader) flag(name string, to *bool) {
	r.read(name, func(s string) (err error) { *to, err = strconv.ParseBool(s); return err })
}

func (r *reader) number(name string, to *int) {
	r.read(name, func(s string) (err error) { *to, err = strconv.Atoi(s); return err })
}

func writeCounts(x *atom.Text, c Counts) {
	x.WriteString(`<CountDetails xmlns:d2p1="http://schemas.microsoft.com/netservices/2011/06/servicebus">`)
	x.Add("d2p1:ActiveMessageCount", c.Active)
	x.Add("d2p1:DeadLetterMessageCount", c.DeadLetter)
	x.Add("d2p1:ScheduledMessageCount", c.Scheduled)
	x.Add("d2p1:TransferMessageCount", 0)
	x.Add("d2p1:TransferDeadLetterMessageCount", c.TransferDeadLetter)
	x.WriteString("</CountDetails>")
}

func writeTimes(x *atom.Text, born, touched int64) {
	x.Add("CreatedAt", atom.Time(born))
	x.Add("UpdatedAt", atom.Time(touched))
	x.Add("AccessedAt", atom.Time(touched))
}

// entry describes a queue or subscription in full.
func (q *queue) entry() string {
	var x atom.Text
	c := q.count()
	isQueue := q.parentTopic == nil
	x.Add("LockDuration", atom.FormatDuration(q.LockDuration))
	if isQueue {
		x.Add("MaxSizeInMegabytes", q.asked.Size(q.EnablePartitioning))
		x.Add("RequiresDuplicateDetection", q.RequiresDuplicateDetection)
	}
	x.Add("RequiresSession", q.RequiresSession)
	x.Add("DefaultMessageTimeToLive", atom.FormatDuration(q.DefaultMessageTimeToLive))
	x.Add("DeadLetteringOnMessageExpiration", q.DeadLetteringOnMessageExpiration)
	if isQueue {
		x.Add("DuplicateDetectionHistoryTimeWindow", atom.FormatDuration(q.DuplicateDetectionHistoryTimeWindow))
	} else {
		x.Add("DeadLetteringOnFilterEvaluationExceptions", q.asked.Or("DeadLetteringOnFilterEvaluationExceptions", "true"))
	}
	x.Add("MessageCount", c.Active+c.Scheduled+c.Deferred+c.DeadLetter+c.TransferDeadLetter)
	x.Add("MaxDeliveryCount", q.MaxDeliveryCount)
	x.Add("EnableBatchedOperations", q.asked.Or("EnableBatchedOperations", "true"))
	if isQueue {
		x.Add("SizeInBytes", c.Bytes)
		x.Add("IsAnonymousAccessible", false)
	}
	x.Add("Status", q.Status)
	x.Given("ForwardTo", q.ForwardTo)
	x.Given("UserMetadata", q.asked["UserMetadata"])
	writeTimes(&x, q.born, q.touched)
	if isQueue {
		x.Add("SupportOrdering", true)
	}
	writeCounts(&x, c)
	x.Add("AutoDeleteOnIdle", atom.FormatDuration(q.AutoDeleteOnIdle))
	if isQueue {
		x.Add("EnablePartitioning", q.EnablePartitioning)
	}
	x.Given("ForwardDeadLetteredMessagesTo", q.ForwardDeadLetteredMessagesTo)
	x.Add("EntityAvailabilityStatus", "Available")
	if isQueue {
		x.Add("EnableExpress", false)
		return atom.Entry(q.path, q.Name, "QueueDescription", x.String(), q.touched)
	}
	return atom.Entry(q.path, q.Name, "SubscriptionDescription", x.String(), q.touched)
}

func (t *topic) entry() string {
	var x atom.Text
	c := t.scheduled.count()
	x.Add("DefaultMessageTimeToLive", atom.FormatDuration(t.DefaultMessageTimeToLive))
	x.Add("MaxSizeInMegabytes", t.asked.Size(t.EnablePartitioning))
	x.Add("RequiresDuplicateDetection", t.RequiresDuplicateDetection)
	x.Add("DuplicateDetectionHistoryTimeWindow", atom.FormatDuration(t.DuplicateDetectionHistoryTimeWindow))
	x.Add("EnableBatchedOperations", t.asked.Or("EnableBatchedOperations", "true"))
	x.Add("SizeInBytes", c.Bytes)
	x.Add("FilteringMessagesBeforePublishing", false)
	x.Add("IsAnonymousAccessible", false)
	x.Add("Status", t.Status)
	x.Given("UserMetadata", t.asked["UserMetadata"])
	writeTimes(&x, t.born, t.touched)
	x.Add("SupportOrdering", t.asked.Or("SupportOrdering", "true"))
	writeCounts(&x, c)
	x.Add("SubscriptionCount", len(t.subs))
	sql, correlation := t.filters()
	x.Add("SqlFilterCount", sql)
	x.Add("CorrelationFilterCount", correlation)
	x.Add("AutoDeleteOnIdle", atom.FormatDuration(t.AutoDeleteOnIdle))
	x.Add("EnablePartitioning", t.EnablePartitioning)
	x.Add("EntityAvailabilityStatus", "Available")
	x.Add("EnableSubscriptionPartitioning", false)
	x.Add("EnableExpress", false)
	return atom.Entry(t.Name, t.Name, "TopicDescription", x.String(), t.touched)
}

func namespaceInfo() string {
	return atom.Entry("$namespaceinfo", atom.Namespace, "NamespaceInfo", fmt.Sprintf("<CreatedTime>%s</CreatedTime><MessagingSKU>Standard</MessagingSKU>"+
		"<ModifiedTime>%s</ModifiedTime><Name>%s</Name><NamespaceType>Messaging</NamespaceType>",
		atom.Time(0), atom.Time(0), atom.Namespace), 0)
}
