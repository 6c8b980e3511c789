package app

import (
	"strconv"
	"time"
)

// hurry is how much faster than in production delivery goes. It is 1 in all
// that is published, and no setting reaches it: the tests that kill handlers
// again and again link another one in, or they would wait for dead owners most
// of the time.
var hurry = "1"

// haste is hurry as a number.
func haste() int {
	n, err := strconv.Atoi(hurry)
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// hurried is a wait of delivery.
func hurried(wait time.Duration) time.Duration { return wait / time.Duration(haste()) }
