package function

import (
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/busbell/busbell/internal/setting"
)

// Written writes a value as text, numbers in plain decimals.
func Written(v ref.Val) (string, bool) {
	switch v := v.(type) {
	case types.String:
		return string(v), true
	case types.Int:
		return strconv.FormatInt(int64(v), 10), true
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10), true
	case types.Double:
		return Decimal(float64(v)), true
	case types.Bool:
		return strconv.FormatBool(bool(v)), true
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339), true
	case types.Duration:
		return setting.Duration(v.Duration).String(), true
	case traits.Lister:
		return list(v)
	}
	return "", false
}

func list(v traits.Lister) (string, bool) {
	var items []string
	for it := v.Iterator(); it.HasNext() == types.True; {
		item := it.Next()
		if _, nested := item.(traits.Lister); nested {
			return "", false
		}
		s, ok := Written(item)
		if !ok {
			return "", false
		}
		items = append(items, s)
	}
	return strings.Join(items, ", "), true
}

// Decimal writes a number in plain decimals, very large ones apart.
func Decimal(f float64) string {
	if math.Abs(f) >= 1e21 {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
