package servicebus

import "hash/fnv"

// partitions is how many an entity has that is partitioned.
const partitions = 16

// numbers are the sequence numbers of a queue: one row of them or, in a
// partitioned one, a row for each partition, whose own number stands in the
// top 16 bits.
type numbers struct {
	last [partitions]int64
	turn int
}

// next is the next number of a partition's row.
func (n *numbers) next(partition int) int64 {
	n.last[partition]++
	return int64(partition)<<48 | n.last[partition]
}

// partitioned is the next number of a message. Those of one session stay in
// one partition, the others are spread.
func (n *numbers) partitioned(session string) int64 {
	if session != "" {
		h := fnv.New32a()
		_, _ = h.Write([]byte(session)) // never fails
		return n.next(int(h.Sum32() % partitions))
	}
	n.turn = (n.turn + 1) % partitions
	return n.next(n.turn)
}

// partition is the one that a number belongs to.
func partition(seq int64) int64 { return seq >> 48 }
