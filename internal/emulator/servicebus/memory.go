package servicebus

import (
	"os"
	"runtime/debug"
)

// LimitMemory has the garbage collector keep the process under 2 GB as long as
// the messages leave room for that: a million of a kilobyte do. It is for the
// whole process, so a command calls it and [Start] does not; GOMEMLIMIT goes
// before it.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1900 << 20)
	}
}
