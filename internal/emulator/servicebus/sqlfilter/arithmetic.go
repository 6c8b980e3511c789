package sqlfilter

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// normal widens a value to the types that expressions calculate with: int64,
// float64, string, bool, and the identifiers and times of AMQP.
func normal(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case uint8:
		return int64(v)
	case uint16:
		return int64(v)
	case uint32:
		return int64(v)
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
		return float64(v)
	case amqp.Char:
		return int64(v)
	case float32:
		return float64(v)
	case amqp.Symbol:
		return string(v)
	}
	return v
}

// mismatch is the outcome of an operator on types that it does not take.
func mismatch(o Options, operator string, a, b any) (any, error) {
	if o.MismatchIsUnknown {
		return nil, nil
	}
	return nil, fmt.Errorf("%s does not take %s and %s", operator, typeName(a), typeName(b))
}

func typeName(v any) string {
	switch v.(type) {
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case string:
		return "a text"
	case amqp.UUID:
		return "a GUID"
	case amqp.Timestamp:
		return "a time"
	}
	return fmt.Sprintf("a %T", v)
}

// compare applies a comparison operator. Only numbers and times have an order.
func compare(o Options, operator string, a, b any) (any, error) {
	order, ordered := inOrder(a, b)
	if ordered {
		switch operator {
		case ">":
			return order > 0, nil
		case ">=":
			return order >= 0, nil
		case "<":
			return order == -1, nil
		case "<=":
			return order == -1 || order == 0, nil
		}
		return (order == 0) == (operator == "="), nil
	}
	same := false
	switch a := a.(type) {
	case bool:
		v, ok := b.(bool)
		same, ordered = a == v, ok
	case string:
		v, ok := b.(string)
		same, ordered = a == v, ok
	case amqp.UUID:
		v, ok := b.(amqp.UUID)
		same, ordered = a == v, ok
	}
	if !ordered || operator != "=" && operator != "<>" && operator != "!=" {
		return mismatch(o, operator, a, b)
	}
	return same == (operator == "="), nil
}

// inOrder compares numbers or times. NaN is in no order with anything: -2.
func inOrder(a, b any) (int, bool) {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y), true
		}
	case amqp.Timestamp:
		y, ok := b.(amqp.Timestamp)
		return cmp.Compare(x, y), ok
	}
	x, ok1 := asFloat(a)
	y, ok2 := asFloat(b)
	if ok1 && ok2 && (math.IsNaN(x) || math.IsNaN(y)) {
		return -2, true
	}
	return cmp.Compare(x, y), ok1 && ok2
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// calculate applies an arithmetic operator. A text and anything else are
// joined by +, as in C#.
func calculate(o Options, operator string, a, b any) (any, error) {
	x, isInt := a.(int64)
	y, isInt2 := b.(int64)
	if isInt && isInt2 {
		return integers(operator, x, y)
	}
	f, ok1 := asFloat(a)
	g, ok2 := asFloat(b)
	switch _, text1 := a.(string); {
	case ok1 && ok2:
		return floats(operator, f, g), nil
	case operator == "+" && text1:
		return a.(string) + textOf(b), nil
	case operator == "+":
		if s, ok := b.(string); ok {
			return textOf(a) + s, nil
		}
	}
	return mismatch(o, operator, a, b)
}

func integers(operator string, x, y int64) (any, error) {
	switch operator {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	}
	if y == 0 {
		return nil, errors.New("division by zero")
	}
	if x == math.MinInt64 && y == -1 {
		return nil, errors.New("the quotient is out of range")
	}
	if operator == "/" {
		return x / y, nil
	}
	return x % y, nil
}

func floats(operator string, x, y float64) float64 {
	switch operator {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	}
	return math.Mod(x, y)
}

// textOf is a value as C# writes it.
func textOf(v any) string {
	switch v := v.(type) {
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	case amqp.UUID:
		return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
	}
	return fmt.Sprint(v)
}

// Equal reports whether two values are the same, as correlation filters ask:
// numbers by their value, texts with regard to case.
func Equal(a, b any) bool {
	same, err := compare(Options{}, "=", normal(a), normal(b))
	return err == nil && same == true
}
