package setting_test

import (
	"testing"

	"github.com/busbell/busbell/internal/setting"
)

func TestAStarStandsForAnyText(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"error", "error", true},
		{"error", "errors", false},
		{"*", "", true},
		{"*", "anything", true},
		{"*_error", "billing_error", true},
		{"*_error", "_error", true},
		{"*_error", "billing_errors", false},
		{"Shop.*.OrderPlaced", "Shop.Orders.OrderPlaced", true},
		{"Shop.*.OrderPlaced", "Shop.OrderPlaced", false},
		{"a*b*c", "abbc", true},
		{"a*b*c", "ac", false},
		{"*a*", "bab", true},
		{"ab*ba", "aba", false},
		{"a**b", "ab", true},
	} {
		if got := setting.Like(tt.pattern, tt.s); got != tt.want {
			t.Errorf("Like(%q, %q) = %t", tt.pattern, tt.s, got)
		}
	}
}
