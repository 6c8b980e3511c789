package failure

import "testing"

func TestFoldLeavesThePattern(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{"Message could not be consumed after 10 delivery attempts.", "Message could not be consumed after # delivery attempts."},
		{"Order 40318 of c-771", "Order # of #"},
		{"message 322d6063-5c2a-4299-8e3c-058759cac182 is bad", "message # is bad"},
		{"Connection refused 127.0.0.1:16099", "Connection refused #"},
		{"at 2026-04-17T08:34:02.417Z and 17.04.2026 08.34.02", "at # and # #"},
		{"amount 1,234.50 and 1.234,50 and 1\u202f234,50", "amount # and # and #"},
		{"Violation of 'PK_Points' in object \"dbo.Points\"", "Violation of # in object #"},
		{"don't fold the customer's words", "don't fold the customer's words"},
		{"Could not deserialize JSON text: '{\"OrderId\": \"forty\"'", "Could not deserialize JSON text: #"},
		{"GET https://shop.example/orders/x?y=z failed", "GET https# failed"},
		{"type urn:message:Shop:A here", "type urn# here"},
		{"Kunde Søren Æbelø", "Kunde Søren Æbelø"},
		{"", ""},
	} {
		if got := string(fold(nil, tt.message)); got != tt.want {
			t.Errorf("fold(%q) = %q, want %q", tt.message, got, tt.want)
		}
	}
}
