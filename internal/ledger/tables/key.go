package tables

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// mostPartition is how long a partition's key may get before its end is
// hashed; the service allows 512 characters.
const mostPartition = 200

// partitionKey makes a key of a partition's name: "production/incidents" is
// production:incidents, so that people find their rows. Whatever the service
// or an URL might mind is written as = and two hex digits; two names never
// have one key.
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
	if key.Len() <= mostPartition {
		return key.String()
	}
	return key.String()[:mostPartition-64] + "==" + rowKey(partition)
}

// rowKey makes a key of a row's name, which may hold what the service refuses
// in keys: / \ # ? and control characters.
func rowKey(row string) string {
	sum := sha256.Sum256([]byte(row))
	return hex.EncodeToString(sum[:])
}
