package servicebus

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// attributes are the elements of a description as a client wrote them.
type attributes map[string]string

// queue puts into a queue's settings what a description says about them.
func (a attributes) queue(q *Queue) error {
	q.ForwardTo = a.or("ForwardTo", q.ForwardTo)
	q.ForwardDeadLetteredMessagesTo = a.or("ForwardDeadLetteredMessagesTo", q.ForwardDeadLetteredMessagesTo)
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

func (a attributes) topic(t *Topic) error {
	r := reader{a: a}
	r.duration("DefaultMessageTimeToLive", &t.DefaultMessageTimeToLive)
	r.duration("DuplicateDetectionHistoryTimeWindow", &t.DuplicateDetectionHistoryTimeWindow)
	r.duration("AutoDeleteOnIdle", &t.AutoDeleteOnIdle)
	r.flag("RequiresDuplicateDetection", &t.RequiresDuplicateDetection)
	r.flag("EnablePartitioning", &t.EnablePartitioning)
	r.read("Status", t.Status.parse)
	return r.err
}

// or is an attribute, or another value where it is absent or empty.
func (a attributes) or(name, absent string) string {
	if v := a[name]; v != "" {
		return v
	}
	return absent
}

// A reader turns attributes into values and keeps the first mistake.
type reader struct {
	a   attributes
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
	r.read(name, func(s string) (err error) { *to, err = parseDuration(s); return err })
}

func (r *reader) flag(name string, to *bool) {
	r.read(name, func(s string) (err error) { *to, err = strconv.ParseBool(s); return err })
}

func (r *reader) number(name string, to *int) {
	r.read(name, func(s string) (err error) { *to, err = strconv.Atoi(s); return err })
}

// xmlText builds the elements of a description.
type xmlText struct{ strings.Builder }

func (x *xmlText) add(name string, value any) {
	fmt.Fprintf(&x.Builder, "<%s>%s</%s>", name, escape(fmt.Sprint(value)), name)
}

// given adds an element only if it has a value.
func (x *xmlText) given(name, value string) {
	if value != "" {
		x.add(name, value)
	}
}

func (x *xmlText) counts(c Counts) {
	x.WriteString(`<CountDetails xmlns:d2p1="http://schemas.microsoft.com/netservices/2011/06/servicebus">`)
	x.add("d2p1:ActiveMessageCount", c.Active)
	x.add("d2p1:DeadLetterMessageCount", c.DeadLetter)
	x.add("d2p1:ScheduledMessageCount", c.Scheduled)
	x.add("d2p1:TransferMessageCount", 0)
	x.add("d2p1:TransferDeadLetterMessageCount", c.TransferDeadLetter)
	x.WriteString("</CountDetails>")
}

func (x *xmlText) times(born, touched int64) {
	x.add("CreatedAt", atomTime(born))
	x.add("UpdatedAt", atomTime(touched))
	x.add("AccessedAt", atomTime(touched))
}

// entry describes a queue or subscription in full.
func (q *queue) entry() string {
	var x xmlText
	c := q.count()
	isQueue := q.parentTopic == nil
	x.add("LockDuration", formatDuration(q.LockDuration))
	if isQueue {
		x.add("MaxSizeInMegabytes", q.asked.size(q.EnablePartitioning))
		x.add("RequiresDuplicateDetection", q.RequiresDuplicateDetection)
	}
	x.add("RequiresSession", q.RequiresSession)
	x.add("DefaultMessageTimeToLive", formatDuration(q.DefaultMessageTimeToLive))
	x.add("DeadLetteringOnMessageExpiration", q.DeadLetteringOnMessageExpiration)
	if isQueue {
		x.add("DuplicateDetectionHistoryTimeWindow", formatDuration(q.DuplicateDetectionHistoryTimeWindow))
	} else {
		x.add("DeadLetteringOnFilterEvaluationExceptions", q.asked.or("DeadLetteringOnFilterEvaluationExceptions", "true"))
	}
	x.add("MessageCount", c.Active+c.Scheduled+c.Deferred+c.DeadLetter+c.TransferDeadLetter)
	x.add("MaxDeliveryCount", q.MaxDeliveryCount)
	x.add("EnableBatchedOperations", q.asked.or("EnableBatchedOperations", "true"))
	if isQueue {
		x.add("SizeInBytes", c.Bytes)
		x.add("IsAnonymousAccessible", false)
	}
	x.add("Status", q.Status)
	x.given("ForwardTo", q.ForwardTo)
	x.given("UserMetadata", q.asked["UserMetadata"])
	x.times(q.born, q.touched)
	if isQueue {
		x.add("SupportOrdering", true)
	}
	x.counts(c)
	x.add("AutoDeleteOnIdle", formatDuration(q.AutoDeleteOnIdle))
	if isQueue {
		x.add("EnablePartitioning", q.EnablePartitioning)
	}
	x.given("ForwardDeadLetteredMessagesTo", q.ForwardDeadLetteredMessagesTo)
	x.add("EntityAvailabilityStatus", "Available")
	if isQueue {
		x.add("EnableExpress", false)
		return entry(q.path, q.Name, "QueueDescription", x.String(), q.touched)
	}
	return entry(q.path, q.Name, "SubscriptionDescription", x.String(), q.touched)
}

func (t *topic) entry() string {
	var x xmlText
	c := t.scheduled.count()
	x.add("DefaultMessageTimeToLive", formatDuration(t.DefaultMessageTimeToLive))
	x.add("MaxSizeInMegabytes", t.asked.size(t.EnablePartitioning))
	x.add("RequiresDuplicateDetection", t.RequiresDuplicateDetection)
	x.add("DuplicateDetectionHistoryTimeWindow", formatDuration(t.DuplicateDetectionHistoryTimeWindow))
	x.add("EnableBatchedOperations", t.asked.or("EnableBatchedOperations", "true"))
	x.add("SizeInBytes", c.Bytes)
	x.add("FilteringMessagesBeforePublishing", false)
	x.add("IsAnonymousAccessible", false)
	x.add("Status", t.Status)
	x.given("UserMetadata", t.asked["UserMetadata"])
	x.times(t.born, t.touched)
	x.add("SupportOrdering", t.asked.or("SupportOrdering", "true"))
	x.counts(c)
	x.add("SubscriptionCount", len(t.subs))
	sql, correlation := t.filters()
	x.add("SqlFilterCount", sql)
	x.add("CorrelationFilterCount", correlation)
	x.add("AutoDeleteOnIdle", formatDuration(t.AutoDeleteOnIdle))
	x.add("EnablePartitioning", t.EnablePartitioning)
	x.add("EntityAvailabilityStatus", "Available")
	x.add("EnableSubscriptionPartitioning", false)
	x.add("EnableExpress", false)
	return entry(t.Name, t.Name, "TopicDescription", x.String(), t.touched)
}

const schemas = `xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`

// entry wraps a description. The id is an address that holds the whole path:
// JavaScript's client reads the names of topic, subscription and rule from it.
func entry(path, title, kind, elements string, updated int64) string {
	id := url.URL{Scheme: "sb", Host: namespace, Path: "/" + path}
	return fmt.Sprintf(`<entry xmlns="http://www.w3.org/2005/Atom"><id>%s</id><title type="text">%s</title>`+
		`<published>%s</published><updated>%s</updated><content type="application/xml"><%s %s>%s</%s></content></entry>`,
		escape(id.String()), escape(title), atomTime(updated), atomTime(updated), kind, schemas, elements, kind)
}

func feed(title, links string, entries []string) string {
	return fmt.Sprintf(`<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">%s</title><id>%s</id><updated>%s</updated>%s%s</feed>`,
		escape(title), escape(title), atomTime(time.Now().UnixMilli()), links, strings.Join(entries, ""))
}

// namespace is the name of the only namespace, that of Microsoft's emulator.
const namespace = "sbemulatorns"

func namespaceInfo() string {
	return entry("$namespaceinfo", namespace, "NamespaceInfo", fmt.Sprintf("<CreatedTime>%s</CreatedTime><MessagingSKU>Standard</MessagingSKU>"+
		"<ModifiedTime>%s</ModifiedTime><Name>%s</Name><NamespaceType>Messaging</NamespaceType>",
		atomTime(0), atomTime(0), namespace), 0)
}

func atomTime(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

// escape makes text safe inside an element. Quotation marks stay: clients look
// for sentences that hold them.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return quotes.Replace(b.String())
}

var quotes = strings.NewReplacer("&#39;", "'", "&#34;", `"`)
