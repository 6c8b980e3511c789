package servicebus

import (
	"slices"
	"testing"
)

func TestAPartitionedQueueNumbersEachPartition(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "spread", EnablePartitioning: true}}})
	c := dial(t, s)
	store(t, s, "spread", 40, "x")
	r := receiver(t, c, "spread", nil)
	page, err := r.PeekMessages(soon(t), 1000, nil)
	if err != nil || len(page) != 2 && len(page) != 3 {
		t.Fatalf("one peek gave %d messages, want those of one partition; %v", len(page), err)
	}
	all := peek(t, receiver(t, c, "spread", nil))
	met := map[int64]int64{}
	for _, m := range all {
		n := *m.SequenceNumber
		met[n>>48] = max(met[n>>48], n&(1<<48-1))
	}
	if len(all) != 40 || len(met) != partitions || met[1] != 3 || met[0] != 2 {
		t.Errorf("%d messages, highest number by partition %v", len(all), met)
	}
}

func TestASessionStaysInItsPartition(t *testing.T) {
	var n numbers
	var met []int64
	for _, session := range []string{"a", "", "a", "b", "a"} {
		if seq := n.partitioned(session); session == "a" {
			met = append(met, partition(seq))
		}
	}
	if len(slices.Compact(met)) != 1 {
		t.Errorf("one session lies in partitions %v", met)
	}
}
