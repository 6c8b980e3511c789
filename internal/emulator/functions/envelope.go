package functions

import "time"

// A stamp is what the host adds to every envelope.
type stamp struct {
	function string
	now      time.Time
	id       string
}

func newStamp(function string) stamp {
	return stamp{function, time.Now().UTC(), newGUID()}
}

func (s stamp) json() []byte {
	var o object
	o.add("MethodName", quoted(s.function))
	o.add("UtcNow", quoted(s.now.UTC().Format(utcTime)))
	o.add("RandGuid", quoted(s.id))
	return o.json()
}

// envelope puts one trigger's value and its metadata together.
func envelope(binding string, value []byte, metadata object) []byte {
	var data, o object
	data.add(binding, value)
	o.add("Data", data.json())
	o.add("Metadata", metadata.json())
	return o.json()
}

// A timerStatus tells when a timer ran and is due.
type timerStatus struct {
	last, next, updated time.Time
}

// timerEnvelope is the body of a timer's invocation. A nil status says that
// the timer is not monitored.
func timerEnvelope(binding string, adjust bool, status *timerStatus, pastDue bool, s stamp) []byte {
	moment := func(t time.Time) []byte { return quoted(t.Format(offsetTime)) }
	var plan, timer, metadata object
	plan.add("AdjustForDST", property(adjust))
	timer.add("Schedule", plan.json())
	if status == nil {
		timer.add("ScheduleStatus", []byte("null"))
	} else {
		var o object
		o.add("Last", moment(status.last))
		o.add("Next", moment(status.next))
		o.add("LastUpdated", moment(status.updated))
		timer.add("ScheduleStatus", o.json())
	}
	timer.add("IsPastDue", property(pastDue))
	metadata.add("sys", s.json())
	return envelope(binding, timer.json(), metadata)
}
