package function

import (
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// number writes a number with its thousands apart, "12,840", and with so many
// decimals if they are given.
func number(args ...ref.Val) ref.Val {
	decimals := -1
	if len(args) > 1 {
		n, ok := args[1].(types.Int)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[1])
		}
		decimals = int(min(max(n, 0), 12))
	}
	s, ok := plainNumber(args[0], decimals)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	return types.String(grouped(s))
}

// money writes an amount with its currency, "EUR 1,234.50".
func money(args ...ref.Val) ref.Val {
	currency, ok := args[1].(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[1])
	}
	decimals := 2
	switch currency {
	case "JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF", "XPF", "UGX", "PYG", "RWF":
		decimals = 0
	case "BHD", "JOD", "KWD", "OMR", "TND", "IQD", "LYD":
		decimals = 3
	}
	s, ok := plainNumber(args[0], decimals)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	return types.String(strings.TrimSpace(string(currency) + " " + grouped(s)))
}

// plainNumber writes a number, or a text that is one, in plain decimals.
func plainNumber(v ref.Val, decimals int) (string, bool) {
	var f float64
	switch v := v.(type) {
	case types.Int:
		if decimals <= 0 {
			return strconv.FormatInt(int64(v), 10), true
		}
		return strconv.FormatInt(int64(v), 10) + "." + strings.Repeat("0", decimals), true
	case types.Double:
		f = float64(v)
	case types.String:
		parsed, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return "", false
		}
		f = parsed
	default:
		return "", false
	}
	if math.IsNaN(f) || math.Abs(f) >= 1e21 {
		return "", false
	}
	return strconv.FormatFloat(f, 'f', decimals, 64), true
}

// grouped puts commas between the thousands.
func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

// date writes the day of a time, "31 Dec 2026": of a timestamp or of a text
// that begins with one, in UTC or in the zone that is given.
func date(args ...ref.Val) ref.Val {
	t, ok := moment(args[0])
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	if len(args) > 1 {
		name, _ := args[1].(types.String)
		loc, err := time.LoadLocation(string(name))
		if err != nil {
			return types.NewErr("unsupported time zone")
		}
		t = t.In(loc)
	}
	return types.String(t.Format("2 Jan 2006"))
}

func moment(v ref.Val) (time.Time, bool) {
	switch v := v.(type) {
	case types.Timestamp:
		return v.UTC(), true
	case types.String:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if t, err := time.Parse(layout, string(v)); err == nil {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}
