package tables

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxPartition is the length of a partition's key from which its end is hashed.
// The service allows 512 characters.
const maxPartition = 200

// partitionKey is the key for a partition's name. "production/incidents" becomes
// production:incidents, so that people find their rows. Characters that the
// service or a URL may not accept become = and two hex digits. Two names never
// have the same key.
func partitionKey(partition string) string {
	if partition == "" {
		return "="
	}
	var key strings.Builder
	for _, b := range []byte(partition) {
		switch {
		case b == '/':
			key.WriteByte(':')
		case b == '-', b == '_', b == '.', '0' <= b && b <= '9', 'A' <= b && b <= 'Z', 'a' <= b && b <= 'z':
			key.WriteByte(b)
		default:
			fmt.Fprintf(&key, "=%02X", b)
		}
	}
	if key.Len() <= maxPartition {
		return key.String()
	}
	return key.String()[:maxPartition-64] + "==" + rowKey(partition)
}

// rowKey is the key for a row's name, which may contain characters that the
// service refuses in keys: / \ # ? and control characters.
func rowKey(row string) string {
	sum := sha256.Sum256([]byte(row))
	return hex.EncodeToString(sum[:])
}
