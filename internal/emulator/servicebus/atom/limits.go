package atom

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// megabytes are the sizes of entities that the service offers: Standard up to
// 5120, Premium from 10240 on.
var megabytes = []int{1024, 2048, 3072, 4096, 5120, 10240, 20480, 40960, 81920}

// partitions is how many times its size a partitioned entity has.
const partitions = 16

// Check refuses settings that the service does not have. Its limits are those
// of the page "Azure Service Bus quotas" and of its own clients.
func (a Elements) Check() error {
	return errors.Join(
		a.between("LockDuration", time.Nanosecond, 5*time.Minute),
		a.between("DefaultMessageTimeToLive", time.Second, 0),
		a.between("AutoDeleteOnIdle", 5*time.Minute, 0),
		a.between("DuplicateDetectionHistoryTimeWindow", 20*time.Second, 7*24*time.Hour),
		a.checkNumber("MaxDeliveryCount", "a number from 1 to 2000", func(n int) bool { return n >= 1 && n <= 2000 }),
		a.checkNumber("MaxSizeInMegabytes", fmt.Sprintf("one of %v", megabytes), a.isSize),
		a.checkMetadata(),
	)
}

// between checks a duration; a limit of zero is none.
func (a Elements) between(name string, least, most time.Duration) error {
	text := a[name]
	if text == "" {
		return nil
	}
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case d < least && least > time.Nanosecond:
		return fmt.Errorf("%s is %s: need at least %s", name, text, FormatDuration(least))
	case d < least || most > 0 && d > most:
		return fmt.Errorf("%s is %s: need more than none, and at most %s", name, text, FormatDuration(most))
	}
	return nil
}

func (a Elements) checkNumber(name, need string, allowed func(int) bool) error {
	text := a[name]
	if text == "" {
		return nil
	}
	if n, err := strconv.Atoi(text); err != nil || !allowed(n) {
		return fmt.Errorf("%s is %s: need %s", name, text, need)
	}
	return nil
}

// isSize reports whether the service has entities of a size. Clients send
// back what they read, which is the sum of all partitions.
func (a Elements) isSize(n int) bool {
	whole := strings.EqualFold(a["EnablePartitioning"], "true") && n%partitions == 0 && slices.Contains(megabytes, n/partitions)
	return slices.Contains(megabytes, n) || whole
}

// Size is the size of an entity as it is shown.
func (a Elements) Size(partitioned bool) int {
	n, err := strconv.Atoi(a["MaxSizeInMegabytes"])
	if err != nil {
		n = megabytes[0]
	}
	if partitioned && slices.Contains(megabytes, n) && n < partitions*megabytes[0] {
		n *= partitions
	}
	return n
}

func (a Elements) checkMetadata() error {
	if n := len(a["UserMetadata"]); n > 1024 {
		return fmt.Errorf("UserMetadata has %d characters: need at most 1024", n)
	}
	return nil
}

// Unchanged refuses to change what an existing entity keeps for ever.
func (a Elements) Unchanged(kind string, has map[string]bool) error {
	for name, is := range has {
		if want, err := strconv.ParseBool(a[name]); err == nil && want != is {
			return fmt.Errorf("The value for the '%s' property of an existing %s cannot be changed.", name, kind) //nolint:revive,staticcheck // the service's sentence
		}
	}
	return nil
}
