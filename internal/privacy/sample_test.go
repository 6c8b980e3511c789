package privacy

import (
	"strings"
	"testing"
)

func TestASampleShowsNoHalfOfASecret(t *testing.T) {
	m := masker(t, Config{})
	for _, secret := range []string{"anna.rossi@example.com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "+39 06 1234 5678", jwt, gitHub, "password=hunter2hunter2"} {
		for before := range 400 {
			text := strings.Repeat("a@b.example ", 30) + strings.Repeat("x", before) + " " + secret + " " + strings.Repeat("y ", 400)
			got := m.Sample(text, 120)
			if len(got) > 120+len("…") {
				t.Errorf("%d bytes", len(got))
			}
			for _, part := range []string{"anna", "4111", "3704", "1234", "eyJ", "ghp", "hunter"} {
				if strings.Contains(got, part) {
					t.Fatalf("%d bytes before: Sample = %q", before, got)
				}
			}
		}
	}
	if got := m.Sample("short, from a@b.example", 100); got != "short, from [e-mail]" {
		t.Errorf("Sample = %q", got)
	}
}
